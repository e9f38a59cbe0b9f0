import http from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';

const CALL_MS = 2_000; // timeout_ms of the wild upstreams
const PROBE_MS = 100;

/** Calls to upstreams that are not well: each must end in time, in a way that a caller can understand. */
export class WildLoad {
  #gateway;
  /** A call ends by then, whatever is wrong with its upstream. */
  #latestMs;
  /** Closed at the end: sockets that a client keeps would count as the gateway's. */
  #agent = new http.Agent({ keepAlive: true });
  #timer = null;
  #under = new Set();
  #turn = 0;
  /** What was answered how often, by upstream. */
  outcomes = new Map();
  wrong = [];

  /** @param graceMs what a call may take beyond its time */
  constructor(gateway, graceMs) {
    this.#gateway = gateway;
    this.#latestMs = CALL_MS + graceMs;
  }

  start(names, callsPerSecond) {
    this.#timer = setInterval(() => {
      const name = names[this.#turn++ % names.length];
      const under = this.#call(name).finally(() => this.#under.delete(under));
      this.#under.add(under);
    }, 1000 / callsPerSecond);
  }

  async stop() {
    clearInterval(this.#timer);
    await Promise.all(this.#under);
  }

  close() {
    this.#agent.destroy();
  }

  /** Milliseconds until a call to each of them is answered well again; Infinity when that takes too long. */
  async recoveries(names, withinMs) {
    const startedAt = performance.now();
    const recover = async (name) => {
      while (performance.now() - startedAt < withinMs) {
        if ((await this.#ask(name)).word === 'ok') return performance.now() - startedAt;
        await pause(PROBE_MS);
      }
      return Infinity;
    };
    const took = await Promise.all(names.map(recover));
    return new Map(names.map((name, i) => [name, took[i]]));
  }

  async #call(name) {
    const startedAt = performance.now();
    const { word, text } = await this.#ask(name);
    const ms = performance.now() - startedAt;
    const counts = this.outcomes.get(name) ?? new Map();
    this.outcomes.set(name, counts.set(word, (counts.get(word) ?? 0) + 1));
    if (ms > this.#latestMs) this.wrong.push(`${name}: ended after ${Math.round(ms)} ms with ${word}`);
    if (/internal/.test(word) || text.includes('internals of the server'))
      this.wrong.push(`${name}: ${text.slice(0, 200)}`);
  }

  async #ask(name) {
    try {
      const { callUrl, headers } = this.#gateway.address('rest');
      const { status, body } = await this.#post(callUrl, headers, { name: `${name}__ok`, arguments: {} });
      return { word: status === 200 ? 'ok' : (JSON.parse(body).error?.code ?? String(status)), text: body };
    } catch (error) {
      return { word: 'no answer', text: `internal: ${error.message}` };
    }
  }

  #post(url, headers, content) {
    return new Promise((resolve, reject) => {
      const request = http.request(url, {
        method: 'POST',
        agent: this.#agent,
        headers: { ...headers, 'content-type': 'application/json' },
      });
      request.on('error', reject);
      request.on('response', (response) => {
        text(response).then((body) => resolve({ status: response.statusCode, body }), reject);
      });
      request.end(JSON.stringify(content));
    });
  }
}
