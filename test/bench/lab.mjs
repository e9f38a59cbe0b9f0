import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { machineCpuSeconds } from './measure/processes.mjs';
import { askLoad } from './run-load.mjs';
import { Databases } from './targets/databases.mjs';
import { readTargetFile, startExternal } from './targets/external.mjs';
import { Gateway, governed } from './targets/gateway.mjs';
import { direct, hasNginx, startNginx, startNodeProxy, startUpstream } from './targets/proxies.mjs';

/** More than this many cores used by others spoils a measurement. */
const MAX_FOREIGN_CORES = 0.35;
const MAX_REPEATS = 2;

const layoutKey = ({ upstreams, toolsEach }) => `${upstreams}x${toolsEach}`;

/** What scenarios work in: the upstream, the targets in front of it, and the way to put load on them. */
export class Lab {
  #options;
  #say;
  #proxies = [];
  #external = [];
  #layout = null;
  #startedHere = [];
  /** Every measurement taken, for --json. */
  measurements = [];

  constructor(options, say) {
    this.#options = options;
    this.#say = say;
    this.databases = new Databases(options.workFolder, options.databaseUrl);
  }

  get options() {
    return this.#options;
  }

  async open() {
    const { workFolder, isShort } = this.#options;
    this.upstream = await startUpstream(workFolder);
    if (this.#wants('direct') && !isShort) this.#proxies.push(direct(this.upstream));
    if (this.#wants('nodeproxy')) this.#proxies.push(await startNodeProxy(workFolder, this.upstream));
    if (this.#wants('nginx') && !isShort && hasNginx()) {
      this.#proxies.push(await startNginx(workFolder, this.upstream));
    }
    this.#external = this.#options.targetFiles
      .flatMap((file) => readTargetFile(path.resolve(file)))
      .filter(({ name }) => this.#wants(name));
  }

  #wants(name) {
    return this.#options.only === null || this.#options.only.includes(name);
  }

  /** Every target, set up for a layout. Reused while the layout stays. */
  async targets(layout) {
    if (this.#layout !== layoutKey(layout)) {
      await this.#closeLayout();
      this.#layout = layoutKey(layout);
      if (this.#wants('toolgate')) this.#startedHere.push(await this.startGateway(layout));
      for (const definition of this.#external) await this.#startExternal(definition, layout);
    }
    return [...this.#proxies, ...this.#startedHere];
  }

  /** A gateway on a new database, with a governed key in use. The caller stops it. */
  async startGateway(layout, name = 'toolgate') {
    const gateway = await this.makeGateway(layout, name);
    await gateway.start();
    await gateway.useKey(governed(layout));
    return gateway;
  }

  /**
   * A gateway whose database holds rows already: the first start makes the tables, the rows come while it is down, and
   * the second start is the one that is used.
   */
  async startSeededGateway(layout, name, statements) {
    const database = await this.databases.create();
    const gateway = await this.makeGateway(layout, name, database);
    await gateway.start();
    await gateway.stop();
    await database.execute(statements);
    await gateway.start();
    await gateway.useKey(governed(layout));
    return gateway;
  }

  async makeGateway(layout, name, database = undefined) {
    const { workFolder: work, profileFolder } = this.#options;
    const own = database ?? (await this.databases.create());
    return new Gateway({ work, upstream: this.upstream, layout, database: own, profileFolder, name });
  }

  async #startExternal(definition, layout) {
    try {
      this.#startedHere.push(
        await startExternal(definition, this.#options.workFolder, this.upstream, layout),
      );
    } catch (error) {
      this.#say(`${definition.name} is left out: ${error.message}`);
    }
  }

  /**
   * Visits every target once a round: A B C, A B C, ... so that what the machine does meanwhile falls on all alike.
   * @param jobOf answers the job for a target, or undefined when it has no such surface
   * @returns {Promise<Map<string, object[]>>} measurements by target, one a round
   */
  async alternate(scenario, targets, jobOf, rounds = this.#options.rounds) {
    const cells = new Map(targets.map((target) => [target.name, []]));
    for (let round = 0; round < rounds; round += 1) {
      for (const target of targets) {
        const job = jobOf(target);
        if (job === undefined) continue;
        const measured = await this.measure(target, job);
        cells.get(target.name).push(measured);
        this.measurements.push({ scenario, target: target.name, round, ...measured });
      }
    }
    return cells;
  }

  /** Runs a job on a target, again when other processes were busy meanwhile. */
  async measure(target, job) {
    const { warmupMs, durationMs, isShort } = this.#options;
    const whole = { warmupMs, durationMs, pid: target.pid, upstreamPid: this.upstream.pid, ...job };
    for (let repeat = 0; ; repeat += 1) {
      const cpuBefore = machineCpuSeconds();
      const measured = await this.#ask(whole);
      const ownCpu =
        (target.pid === this.upstream.pid ? 0 : measured.gatewayCpuSeconds) +
        measured.upstreamCpuSeconds +
        measured.loadCpuSeconds;
      const share = whole.durationMs / (whole.durationMs + whole.warmupMs);
      const foreignCores = ((machineCpuSeconds() - cpuBefore) * share - ownCpu) / measured.seconds;
      const isSpoilt = foreignCores > MAX_FOREIGN_CORES && !isShort && repeat < MAX_REPEATS;
      if (!isSpoilt) return { ...measured, foreignCores };
      await pause(700);
    }
  }

  async #ask(job) {
    try {
      return await askLoad(job);
    } catch (error) {
      return { faults: 1, firstFault: `the load generator failed: ${error.message.slice(-300)}` };
    }
  }

  async #closeLayout() {
    for (const target of this.#startedHere.splice(0)) await target.stop();
    this.#layout = null;
  }

  async close() {
    await this.#closeLayout();
    for (const proxy of this.#proxies.splice(0)) await proxy.stop();
    await this.upstream?.stop();
    await this.databases.removeAll();
  }
}
