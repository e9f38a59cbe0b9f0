import { setTimeout as pause } from 'node:timers/promises';
import { cpuSeconds, peakKib, resetPeak, residentKib } from '../measure/processes.mjs';
import { Samples } from '../measure/statistics.mjs';
import { createClient } from './clients.mjs';
import { operations } from './operations.mjs';

const MAX_FAULTS = 1000;
const DRAIN_MS = 1500;

/**
 * Runs a job: `workers` of them, each calling again as soon as it has its answer, for `warmupMs` and then, measured,
 * for `durationMs`. Faults count from the first call on, warm-up included.
 */
export async function runClosedLoop(job) {
  const loop = job.operation === 'session' ? new SessionLoop(job) : new CallLoop(job);
  const baseKib = residentKib(job.pid);
  await loop.open();
  const finished = loop.start();
  await Promise.race([pause(job.warmupMs), finished]);
  const meter = new Meter(job);
  loop.measure();
  await Promise.race([pause(job.durationMs), finished]);
  const usage = meter.read();
  const samples = loop.stop();
  await Promise.race([finished, pause(DRAIN_MS)]);
  await loop.close();
  const peakGrowthMib = (usage.peakKib - baseKib) / 1024;
  return { ...summary(samples, usage), peakGrowthMib, faults: loop.faults, firstFault: loop.firstFault };
}

/** CPU of gateway, upstream and this process between two moments. */
class Meter {
  #job;
  #start = performance.now();
  #own = process.cpuUsage();
  #gatewayCpu;
  #upstreamCpu;

  constructor(job) {
    this.#job = job;
    resetPeak(job.pid);
    this.#gatewayCpu = cpuSeconds(job.pid);
    this.#upstreamCpu = cpuSeconds(job.upstreamPid);
  }

  read() {
    const own = process.cpuUsage(this.#own);
    return {
      seconds: (performance.now() - this.#start) / 1000,
      gatewayCpuSeconds: cpuSeconds(this.#job.pid) - this.#gatewayCpu,
      upstreamCpuSeconds: cpuSeconds(this.#job.upstreamPid) - this.#upstreamCpu,
      loadCpuSeconds: (own.user + own.system) / 1e6,
      peakKib: peakKib(this.#job.pid),
    };
  }
}

function summary(samples, usage) {
  const quantile = samples.quantiles();
  return {
    ...usage,
    calls: samples.count,
    callsPerSecond: samples.count / usage.seconds,
    cpuMicrosPerCall: (usage.gatewayCpuSeconds / samples.count) * 1e6,
    p50: quantile(0.5),
    p95: quantile(0.95),
    p99: quantile(0.99),
  };
}

/** What every loop has in common: workers that go on until told to stop, faults, and samples while measuring. */
class Loop {
  faults = 0;
  firstFault = null;
  #samples = new Samples();
  #isMeasuring = false;
  #isStopped = false;
  #running = 0;
  #finish;

  constructor(job) {
    this.job = job;
  }

  start() {
    return new Promise((resolve) => {
      this.#finish = resolve;
      this.#running = this.job.workers;
      for (let number = 0; number < this.job.workers; number += 1) this.#next({ number, turn: 0 });
    });
  }

  measure() {
    this.#isMeasuring = true;
  }

  /** @returns {Samples} milliseconds of each measured call */
  stop() {
    this.#isMeasuring = false;
    this.#isStopped = true;
    const samples = this.#samples;
    this.#samples = new Samples();
    return samples;
  }

  #next(worker) {
    if (this.#isStopped || this.faults >= MAX_FAULTS || this.isDead(worker)) {
      this.#running -= 1;
      if (this.#running === 0) this.#finish();
      return;
    }
    worker.turn += 1;
    const startedAt = performance.now();
    this.perform(worker, (fault) => {
      if (fault === null) {
        if (this.#isMeasuring) this.#samples.add(performance.now() - startedAt);
        this.#next(worker);
        return;
      }
      this.faults += 1;
      this.firstFault ??= String(fault).slice(0, 300);
      setTimeout(() => this.#next(worker), 5);
    });
  }
}

class CallLoop extends Loop {
  #clients = [];
  #perform;

  async open() {
    this.#perform = operations[this.job.operation](this.job);
    for (let number = 0; number < this.job.workers; number += 1) {
      const client = createClient(this.job);
      await client.open();
      this.#clients.push(client);
    }
  }

  isDead(worker) {
    return this.#clients[worker.number].isDead;
  }

  perform(worker, done) {
    this.#perform(this.#clients[worker.number], worker, done);
  }

  async close() {
    await Promise.race([Promise.allSettled(this.#clients.map((client) => client.close())), pause(500)]);
  }
}

/** Opens a session, initializes it and closes it, over and over. */
class SessionLoop extends Loop {
  async open() {}

  isDead() {
    return false;
  }

  perform(_worker, done) {
    const client = createClient(this.job);
    client
      .open()
      .then(() => client.close())
      .then(
        () => done(null),
        (error) => {
          client.drop();
          done(error.message);
        },
      );
  }

  async close() {}
}
