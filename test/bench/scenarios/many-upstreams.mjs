import { atMost, middle } from '../rows.mjs';

/** 5,000 tools on 50 upstreams: what a list costs, and how long a start takes until it answers the whole list. */
const layout = { upstreams: 50, toolsEach: 100 };

async function millisecondsToFirstList(gateway) {
  const startedAt = performance.now();
  await gateway.start();
  await gateway.awaitTools();
  return performance.now() - startedAt;
}

export const manyUpstreams = {
  name: 'many-upstreams',
  title: '5,000 tools on 50 upstreams',
  isInShort: false,
  async run(lab) {
    const gateway = await lab.startGateway(layout, 'toolgate');
    try {
      const job = {
        surface: 'http',
        address: gateway.address('http'),
        operation: 'list',
        count: layout.upstreams * layout.toolsEach,
        workers: 1,
      };
      const cells = await lab.alternate(this.name, [gateway], () => job);
      const starts = [];
      for (let round = 0; round < Math.min(3, lab.options.rounds); round += 1) {
        await gateway.stop();
        starts.push({ faults: 0, firstFault: null, coldStartMs: await millisecondsToFirstList(gateway) });
      }
      cells.set('start', starts);
      return {
        cells,
        rows: [
          atMost('p50 of tools/list, one client', middle(cells, 'toolgate', 'p50'), 'ms', 10, 3),
          atMost('start to the whole list', middle(cells, 'start', 'coldStartMs'), 'ms', 3000, 1000),
        ],
      };
    } finally {
      await gateway.stop();
    }
  },
};
