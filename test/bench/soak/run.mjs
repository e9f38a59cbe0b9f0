import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { SteadyLoad } from '../chaos/steady-load.mjs';
import { WildUpstreams } from '../chaos/wild-upstreams.mjs';
import { countsAtRest, isAsBefore, metricsAtRest } from '../measure/counts.mjs';
import { residentMib } from '../measure/memory.mjs';
import { Databases } from '../targets/databases.mjs';
import { Gateway } from '../targets/gateway.mjs';
import { startUpstream } from '../targets/proxies.mjs';
import { Churn } from './churn.mjs';

const CALLS_PER_SECOND = 20;
const SAMPLE_MS = 2_000;
const SAY_MS = 60_000;
const TOOLS = 5;
/** Sessions whose client went without a word end after this. */
const SESSION_IDLE_MS = 5_000;
const RESTARTED = new Set(['killed', 'killed_sse', 'stdio_exits']);
const calm = ['calm_http', 'calm_sse', 'calm_stdio'];

/** @param number of the reload; with every second one there is a server more, and one at another address */
function configText(upstream, wild, number) {
  const stdio = [path.resolve(import.meta.dirname, '../parts/stdio-upstream.mjs'), '--tools', String(TOOLS)];
  const isOdd = number % 2 === 1;
  const guest = isOdd ? `  guest: { url: "${upstream.url}/u9/t${TOOLS}/mcp", transport: http }\n` : '';
  return `mcp_servers:
  calm_http: { url: "${upstream.url}/t${TOOLS}/mcp", transport: http }
  calm_sse: { url: "${upstream.url}/t${TOOLS}/sse", transport: sse }
  calm_stdio: { command: ${JSON.stringify(process.execPath)}, args: ${JSON.stringify(stdio)} }
  moving: { url: "${upstream.url}/u${isOdd ? 1 : 2}/t${TOOLS}/mcp", transport: http }
${guest}${wild.map((it) => `  ${it.name}: ${it.config()}`).join('\n')}
model_list:
  - model_name: bench
    litellm_params: { model: openai/bench, api_base: "${upstream.url}/v1", api_key: sk-provider }
general_settings: { metrics_public: true, limits: { session_idle_ms: ${SESSION_IDLE_MS}, sessions_per_key: 100000 } }
`;
}

/**
 * Runs the gateway under a steady load while sessions, calls, upstreams and configurations come and go.
 *
 * @returns the report: `{ minutes, samples: [{ minute, mib }], calls, right, done, wrong, counts }`
 */
export async function runSoak({ minutes, databaseUrl, workFolder, say }) {
  fs.mkdirSync(workFolder, { recursive: true });
  const upstreams = new WildUpstreams();
  const databases = new Databases(workFolder, databaseUrl);
  let upstream;
  let gateway;
  try {
    upstream = await startUpstream(workFolder);
    await upstreams.start(path.join(workFolder, 'wild'));
    const wild = upstreams.all.filter(({ name }) => RESTARTED.has(name));
    gateway = new Gateway({
      work: workFolder,
      database: await databases.create(),
      layout: { upstreams: 1, toolsEach: (calm.length + 1) * TOOLS + wild.length },
      config: configText(upstream, wild, 0),
    });
    await gateway.start();
    await gateway.useKey({});
    const churn = new Churn(gateway, {
      wild,
      configText: (number) => configText(upstream, wild, number),
      tool: 'calm_http__echo',
      slowTool: 'calm_http__sleep',
    });
    const report = await soak(gateway, churn, { minutes, say });
    gateway.configure(configText(upstream, wild, 0));
    const { before } = report;
    const after = await countsAtRest(gateway.pid, (it) => isAsBefore(before, it));
    return { ...report, counts: { before, after, metrics: await metricsAtRest(gateway.url) } };
  } finally {
    await gateway?.stop();
    await upstreams.stop();
    await upstream?.stop();
    await databases.removeAll();
  }
}

async function soak(gateway, churn, { minutes, say }) {
  const before = await countsAtRest(gateway.pid);
  const load = new SteadyLoad(
    gateway,
    calm.map((name) => `${name}__echo`),
    CALLS_PER_SECOND,
  );
  await load.open();
  load.start();
  churn.start();
  const samples = [];
  const startedAt = performance.now();
  let saidAt = startedAt;
  let totals = { calls: 0, right: 0 };
  while (performance.now() - startedAt < minutes * 60_000) {
    await pause(SAMPLE_MS);
    const { calls, right } = load.read();
    totals = { calls: totals.calls + calls, right: totals.right + right };
    const sample = { minute: (performance.now() - startedAt) / 60_000, mib: residentMib(gateway.pid) };
    samples.push(sample);
    if (performance.now() - saidAt < SAY_MS) continue;
    saidAt = performance.now();
    say({ ...sample, calls: totals.calls });
  }
  await churn.stop();
  await load.stop();
  const wrong = [...load.wrong, ...churn.wrong];
  return { minutes, before, samples, ...totals, done: churn.done, wrong };
}
