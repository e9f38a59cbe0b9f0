import { atMost, middle } from '../rows.mjs';

/** What sessions cost that do nothing, and what is left of them. */
const layout = { upstreams: 1, toolsEach: 10 };

export const idleScenarios = ['sse', 'http'].map((surface) => ({
  name: `idle-${surface}`,
  title: `idle sessions, ${surface === 'sse' ? 'HTTP+SSE' : 'Streamable HTTP with its stream open'}`,
  isInShort: false,
  async run(lab) {
    const targets = await lab.targets(layout);
    const measured = targets.filter((target) => target.name !== 'direct' && target.address(surface, layout));
    const job = (target) => ({
      surface,
      address: target.address(surface, layout),
      operation: 'idle',
      sessions: lab.options.sessions,
    });
    const cells = await lab.alternate(this.name, measured, job, 1);
    return {
      cells,
      rows: [
        atMost('memory a session', middle(cells, 'toolgate', 'kibPerSession'), 'KiB', 42, 20),
        atMost('CPU while idle', middle(cells, 'toolgate', 'idleCpuShare') * 100, '%', 2, 1),
        atMost('memory left after close', middle(cells, 'toolgate', 'kibLeftPerSession'), 'KiB', 10, 2),
      ],
    };
  },
}));
