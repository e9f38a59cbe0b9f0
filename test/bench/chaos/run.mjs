import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { countsAtRest, isAsBefore, metricsAtRest } from '../measure/counts.mjs';
import { MemoryWatch, residentMib } from '../measure/memory.mjs';
import { Databases } from '../targets/databases.mjs';
import { Gateway } from '../targets/gateway.mjs';
import { startUpstream } from '../targets/proxies.mjs';
import { Bystander } from './bystander.mjs';
import { SteadyLoad } from './steady-load.mjs';
import { WildLoad } from './wild-load.mjs';
import { WildUpstreams } from './wild-upstreams.mjs';

const CALLS_PER_SECOND = 20;
const WILD_CALLS_PER_SECOND = 10;
/** How much longer than its time a call may take: what a lost connection may cost, and a machine that runs tests is busy. */
const GRACE_MS = 1_500;
const SHORT_GRACE_MS = 15_000;
const CALM_TOOLS = 5;
const calm = ['calm_http', 'calm_sse', 'calm_stdio'];
const tools = calm.map((name) => `${name}__echo`);

function configText(upstream, wild) {
  const stdio = [
    path.resolve(import.meta.dirname, '../parts/stdio-upstream.mjs'),
    '--tools',
    String(CALM_TOOLS),
  ];
  return `mcp_servers:
  calm_http: { url: "${upstream.url}/t${CALM_TOOLS}/mcp", transport: http }
  calm_sse: { url: "${upstream.url}/t${CALM_TOOLS}/sse", transport: sse }
  calm_stdio: { command: ${JSON.stringify(process.execPath)}, args: ${JSON.stringify(stdio)} }
${wild.map((it) => `  ${it.name}: ${it.config()}`).join('\n')}
model_list:
  - model_name: bench
    litellm_params: { model: openai/bench, api_base: "${upstream.url}/v1", api_key: sk-provider }
general_settings: { metrics_public: true }
`;
}

/**
 * Runs the gateway under a steady load on every surface while upstreams beside it go wrong, in the ways of
 * `wild-upstreams.mjs`: all at once, or, with `isLong`, first one after the other, and with a bystander.
 *
 * @param seconds of each phase in which something is wrong
 * @param only names of the phases that are run, `everything` being the last; null: all of them
 * @param profileFolder where the gateway's CPU profile is written; null: none is made
 * @returns the report: `{ calm, phases, wrong, memory, counts }`
 */
export async function runChaos({
  seconds,
  isLong,
  only = null,
  databaseUrl = null,
  profileFolder = null,
  workFolder,
  say = () => undefined,
}) {
  fs.mkdirSync(workFolder, { recursive: true });
  const wild = new WildUpstreams();
  const databases = new Databases(workFolder, databaseUrl);
  let upstream;
  let gateway;
  let bystander = null;
  try {
    upstream = await startUpstream(workFolder);
    await wild.start(path.join(workFolder, 'wild'));
    const options = async (upstreams) => ({
      work: workFolder,
      database: await databases.create(),
      layout: { upstreams: 1, toolsEach: calm.length * CALM_TOOLS + upstreams.length },
      config: configText(upstream, upstreams),
    });
    gateway = new Gateway({ ...(await options(wild.all)), profileFolder });
    await gateway.start();
    await gateway.useKey({});
    if (isLong) {
      bystander = new Bystander(await options([]));
      await bystander.start(tools, CALLS_PER_SECOND);
    }
    return await new Chaos(gateway, bystander, wild.all, { isLong, say }).run({ seconds, isLong, only });
  } finally {
    await bystander?.stop();
    await gateway?.stop();
    await wild.stop();
    await upstream?.stop();
    await databases.removeAll();
  }
}

class Chaos {
  #gateway;
  #bystander;
  #wild;
  #say;
  #load;
  #wildLoad;
  #memory;

  constructor(gateway, bystander, wild, { isLong, say }) {
    this.#gateway = gateway;
    this.#bystander = bystander;
    this.#wild = wild;
    this.#say = say;
    this.#load = new SteadyLoad(gateway, tools, CALLS_PER_SECOND);
    this.#wildLoad = new WildLoad(gateway, isLong ? GRACE_MS : SHORT_GRACE_MS);
    this.#memory = new MemoryWatch(gateway.pid);
  }

  async run({ seconds, isLong, only }) {
    const before = await countsAtRest(this.#gateway.pid);
    await this.#load.open();
    this.#load.start();
    const calmSeconds = isLong ? seconds * 3 : 3;
    await pause(calmSeconds * 500);
    this.#read();
    await pause(calmSeconds * 500);
    const calmPhase = { ...this.#read(), residentMib: residentMib(this.#gateway.pid) };
    this.#memory.read();
    const isWanted = (name) => only === null || only.includes(name);
    const phases = [];
    for (const it of isLong ? this.#wild : [])
      if (isWanted(it.name)) phases.push(await this.#phase(it.name, it.title, [it], seconds));
    const everything = ['everything', 'everything at once', this.#wild, isLong ? seconds * 6 : seconds];
    if (isWanted(everything[0])) phases.push(await this.#phase(...everything));
    await this.#load.stop();
    this.#memory.stop();
    this.#wildLoad.close();
    const after = await countsAtRest(this.#gateway.pid, (it) => isAsBefore(before, it));
    return {
      calm: calmPhase,
      phases,
      outcomes: this.#wildLoad.outcomes,
      wrong: { calm: this.#load.wrong, wild: this.#wildLoad.wrong },
      counts: { before, after, metrics: await metricsAtRest(this.#gateway.url) },
    };
  }

  #read() {
    return { ...this.#load.read(), bystanderP99: this.#bystander?.readP99() ?? null };
  }

  async #phase(name, title, upstreams, seconds) {
    for (const it of upstreams) it.wreak();
    const names = upstreams.map((it) => it.name);
    this.#wildLoad.start(names, WILD_CALLS_PER_SECOND);
    await pause(seconds * 1000);
    await this.#wildLoad.stop();
    await Promise.all(upstreams.map((it) => it.heal()));
    const recoveries = await this.#wildLoad.recoveries(names, 30_000);
    const phase = { name, title, ...this.#read(), peakMib: this.#memory.read(), recoveries };
    this.#say(phase);
    return phase;
  }
}
