import { atMost, middle, ratio } from '../rows.mjs';
import { holdLoad } from '../run-load.mjs';
import { auditRows, virtualKeys } from '../seed.mjs';

/**
 * The cost of a call must not grow with what the gateway holds: the same calls go to gateways that differ in one
 * thing alone, in turn, and each is measured against the smallest.
 */
const CPU_GROWTH = 1.15;
const workers = 16;
const small = { upstreams: 1, toolsEach: 10 };

const callsTo = (target) => ({
  surface: 'http',
  address: target.address('http'),
  operation: 'echo',
  tools: target.toolNames('echo'),
  workers,
});

const cpuRow = (cells, name, base, title) =>
  atMost(`CPU a call, ${title}`, ratio(cells, 'cpuMicrosPerCall', name, base), '×', CPU_GROWTH);

/** Starts a gateway for each variant, alternates between them, and stops them. */
async function compareVariants(lab, scenario, variants) {
  const gateways = [];
  try {
    for (const { name, layout, seed } of variants) {
      gateways.push(
        seed === undefined
          ? await lab.startGateway(layout, name)
          : await lab.startSeededGateway(layout, name, seed),
      );
    }
    const cells = await lab.alternate(scenario, gateways, callsTo);
    const [base, ...others] = variants;
    return {
      cells,
      rows: others.map(({ name, title }) => cpuRow(cells, name, base.name, `${title} ÷ ${base.title}`)),
    };
  } finally {
    for (const gateway of gateways) await gateway.stop();
  }
}

const upstreams = [1, 10, 100].map((count) => ({
  name: `upstreams-${count}`,
  title: `${count} upstreams`,
  layout: { upstreams: count, toolsEach: 10 },
}));

const tools = [10, 1000, 5000].map((count) => ({
  name: `tools-${count}`,
  title: `${count} tools`,
  layout: { upstreams: 1, toolsEach: count },
}));

const keys = [10, 100_000].map((count) => ({
  name: `keys-${count}`,
  title: `${count} keys`,
  layout: small,
  seed: virtualKeys(count),
}));

const audit = [0, 1_000_000].map((count) => ({
  name: `audit-${count}`,
  title: `${count} audit rows`,
  layout: small,
  seed: auditRows(count),
}));

const byVariant = (name, title, variants) => ({
  name,
  title,
  isInShort: false,
  run: (lab) => compareVariants(lab, name, variants),
});

const sessions = {
  name: 'growth-sessions',
  title: 'calls while sessions stand idle',
  isInShort: false,
  async run(lab) {
    const gateways = [await lab.startGateway(small, 'alone'), await lab.startGateway(small, 'crowded')];
    const [, crowded] = gateways;
    const held = await holdLoad({
      surface: 'sse',
      address: crowded.address('sse'),
      sessions: lab.options.sessions,
    });
    try {
      const cells = await lab.alternate(this.name, gateways, callsTo);
      cells.set('idle', [held]);
      const title = `${held.sessions} sessions ÷ none`;
      return {
        cells,
        rows: [
          cpuRow(cells, 'crowded', 'alone', title),
          atMost(`p99, ${title}`, ratio(cells, 'p99', 'crowded', 'alone'), '×', 1.5),
        ],
      };
    } finally {
      await held.stop();
      for (const gateway of gateways) await gateway.stop();
    }
  },
};

/** What permissions, a rate, a number of parallel calls and a quota add to a call, on one gateway with two keys. */
const governance = {
  name: 'governed',
  title: 'a governed key against a bare one',
  isInShort: false,
  async run(lab) {
    const gateway = await lab.startGateway(small, 'governed');
    try {
      const targets = [
        gateway.as('governed', gateway.address('http').headers),
        gateway.as('bare', await gateway.createKey({})),
      ];
      const cells = await lab.alternate(this.name, targets, callsTo);
      const [on, off] = ['governed', 'bare'].map((name) =>
        cells.get(name).map((cell) => cell.cpuMicrosPerCall),
      );
      const added = new Map([['difference', on.map((value, round) => ({ micros: value - off[round] }))]]);
      return {
        cells,
        rows: [atMost('CPU a call, features on − off', middle(added, 'difference', 'micros'), 'µs', 20, 10)],
      };
    } finally {
      await gateway.stop();
    }
  },
};

export const growthScenarios = [
  governance,
  byVariant('growth-upstreams', 'calls spread over many upstreams', upstreams),
  byVariant('growth-tools', 'calls among many tools', tools),
  byVariant('growth-keys', 'calls among many keys', keys),
  byVariant('growth-audit', 'calls after many calls', audit),
  sessions,
];
