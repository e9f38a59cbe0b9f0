import { atLeast, atMost, middle, ratio } from '../rows.mjs';

/** Scenarios in which every target does the same and the gateway is measured against nodeproxy. */
const ten = { upstreams: 1, toolsEach: 10 };
const hundred = { upstreams: 1, toolsEach: 100 };
const thousand = { upstreams: 1, toolsEach: 1000 };

/**
 * @param goals answers the rows, from the cells
 * @param tool the tool that the operation calls, if any
 */
function compare({ name, title, layout = ten, surface, tool, isInShort = true, goals, ...job }) {
  return {
    name,
    title,
    isInShort,
    async run(lab) {
      const targets = await lab.targets(layout);
      const cells = await lab.alternate(name, targets, (target) => {
        const address = target.address(surface, layout);
        if (address === undefined) return undefined;
        return { surface, address, tools: tool && target.toolNames(tool), ...job };
      });
      return { cells, rows: goals(cells) };
    },
  };
}

const overProxy = (cells, metric) => ratio(cells, metric, 'toolgate', 'nodeproxy');

const throughput = (must, aim) => (cells) => [
  atLeast('calls/s ÷ nodeproxy', overProxy(cells, 'callsPerSecond'), '×', must, aim),
];

const ownTargets = ['direct', 'nodeproxy', 'nginx', 'toolgate'];

/** Against whatever other gateways were measured beside ours (--targets). */
const overOthers = (cells) =>
  [...cells.keys()]
    .filter((name) => !ownTargets.includes(name))
    .map((name) =>
      atLeast(`calls/s ÷ ${name}`, ratio(cells, 'callsPerSecond', 'toolgate', name), '×', 6, 15),
    );

const fullCallGoals = (cells) => [
  ...throughput(1, 1.6)(cells),
  atMost('CPU a call ÷ nodeproxy', overProxy(cells, 'cpuMicrosPerCall'), '×', 0.9, 0.6),
  atMost('p50 ÷ nodeproxy', overProxy(cells, 'p50'), '×', 1, 0.65),
  atMost('p99 ÷ nodeproxy', overProxy(cells, 'p99'), '×', 1.2, 0.8),
  ...overOthers(cells),
];

const calls = [
  compare({
    name: 'call-http-16',
    title: 'tools/call, Streamable HTTP, 16 sessions',
    surface: 'http',
    operation: 'echo',
    tool: 'echo',
    workers: 16,
    goals: fullCallGoals,
  }),
  compare({
    name: 'call-http-64',
    title: 'tools/call, Streamable HTTP, 64 sessions',
    surface: 'http',
    operation: 'echo',
    tool: 'echo',
    workers: 64,
    goals: fullCallGoals,
  }),
  compare({
    name: 'call-sse',
    title: 'tools/call, HTTP+SSE, 64 sessions',
    surface: 'sse',
    operation: 'echo',
    tool: 'echo',
    workers: 64,
    goals: throughput(1, 1.8),
  }),
  compare({
    name: 'call-rest',
    title: 'REST call, 64 connections',
    surface: 'rest',
    operation: 'echo',
    tool: 'echo',
    workers: 64,
    goals: throughput(1, 1.8),
  }),
  compare({
    name: 'call-stateless',
    title: 'tools/call, stateless 2026-07-28, 64 connections',
    surface: 'stateless',
    operation: 'echo',
    tool: 'echo',
    workers: 64,
    goals: throughput(1, 1.6),
  }),
];

const lists = [
  [10, ten, 16, 1.5, 3],
  [100, hundred, 16, 1.5, 2.5],
  [1000, thousand, 8, 2, 5],
].map(([count, layout, workers, must, aim]) =>
  compare({
    name: `list-${count}`,
    title: `tools/list of ${count} tools, ${workers} sessions`,
    layout,
    surface: 'http',
    operation: 'list',
    count,
    workers,
    isInShort: count === 10,
    goals: throughput(must, aim),
  }),
);

const sessions = [
  ['http', 'Streamable HTTP', 1.5, 4],
  ['sse', 'HTTP+SSE', 1.2, 2],
].map(([surface, title, must, aim]) =>
  compare({
    name: `session-${surface}`,
    title: `open, initialize, close a session, ${title}`,
    surface,
    operation: 'session',
    workers: 8,
    goals: (cells) => [atLeast('sessions/s ÷ nodeproxy', overProxy(cells, 'callsPerSecond'), '×', must, aim)],
  }),
);

const results = [
  compare({
    name: 'result-10k',
    title: 'result of 10 KiB, 16 sessions',
    surface: 'http',
    operation: 'payload',
    tool: 'payload',
    size: 10_240,
    workers: 16,
    goals: throughput(1, 1.5),
  }),
  compare({
    name: 'result-1m',
    title: 'result of 1 MiB, 4 sessions',
    surface: 'http',
    operation: 'payload',
    tool: 'payload',
    size: 1_048_576,
    workers: 4,
    goals: (cells) => [
      ...throughput(1, 1.8)(cells),
      atMost('growth of peak memory ÷ nodeproxy', overProxy(cells, 'peakGrowthMib'), '×', undefined, 1),
    ],
  }),
  compare({
    name: 'progress',
    title: '20 progress notifications, then the result, 8 sessions',
    surface: 'http',
    operation: 'progress',
    tool: 'progress',
    count: 20,
    workers: 8,
    goals: throughput(0.8, 1.2),
  }),
  compare({
    name: 'slow-upstream',
    title: 'an upstream that takes 20 ms, 64 sessions',
    surface: 'http',
    operation: 'sleep',
    tool: 'sleep',
    ms: 20,
    workers: 64,
    goals: (cells) => {
      const over = (target) => middle(cells, target, 'p50') - 20;
      const aim = Number.isFinite(over('nginx')) ? over('nginx') + 1 : undefined;
      return [atMost('p50 above the 20 ms', over('toolgate'), 'ms', over('nodeproxy'), aim)];
    },
  }),
];

const completions = [
  compare({
    name: 'completion',
    title: 'chat completion, 16 connections',
    surface: 'completions',
    operation: 'complete',
    workers: 16,
    goals: throughput(0.5, 1),
  }),
  compare({
    name: 'completion-stream',
    title: 'chat completion, streamed, 500 chunks, 4 connections',
    surface: 'completions',
    operation: 'stream',
    workers: 4,
    goals: throughput(0.5, 1),
  }),
];

export const callScenarios = [...calls, ...completions, ...results, ...sessions, ...lists];
