import http from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { createClient } from '../load/clients.mjs';

const SESSION_LOOPS = 4;
const CANCEL_LOOPS = 2;
const CANCEL_AFTER_MS = 100;
const RESTART_EVERY_MS = 10_000;
const RESTARTING_MS = 2_000;
const RELOAD_EVERY_MS = 5_000;

/** Everything that comes and goes, again and again, until it is stopped: sessions, calls, upstreams, configurations. */
export class Churn {
  #gateway;
  #parts;
  #isStopped = false;
  #loops = [];
  done = { sessions: 0, dropped: 0, cancels: 0, restarts: 0, reloads: 0 };
  wrong = [];

  /** @param parts `{ wild, configText(number), tool, slowTool }` */
  constructor(gateway, parts) {
    this.#gateway = gateway;
    this.#parts = parts;
  }

  start() {
    const loops = [
      ...Array.from({ length: SESSION_LOOPS }, (_, i) => () => this.#session(i)),
      ...Array.from({ length: CANCEL_LOOPS }, () => () => this.#cancel()),
      () => this.#restart(),
      () => this.#reload(),
    ];
    this.#loops = loops.map((loop) => this.#repeat(loop));
  }

  async stop() {
    this.#isStopped = true;
    await Promise.all(this.#loops);
  }

  async #repeat(once) {
    while (!this.#isStopped) {
      try {
        await once();
      } catch (error) {
        this.wrong.push(error.message);
        await pause(1_000);
      }
    }
  }

  /** Opens a session with its stream, lists, calls, and ends it; every third one goes without a word. */
  async #session(loop) {
    const surface = loop % 2 === 0 ? 'http' : 'sse';
    const client = createClient({ surface, address: this.#gateway.address(surface) });
    await client.open();
    await done((judge) => client.listTools(judge));
    await done((judge) => client.callTool(this.#parts.tool, '{"message":"soak"}', judge));
    await client.openStream();
    this.done.sessions += 1;
    if (this.done.sessions % 3 === 0) {
      this.done.dropped += 1;
      client.drop();
    } else await client.close();
  }

  /** A call that its caller does not wait for. */
  async #cancel() {
    const { callUrl, headers } = this.#gateway.address('rest');
    const request = http.request(callUrl, {
      method: 'POST',
      agent: false,
      headers: { ...headers, 'content-type': 'application/json' },
    });
    const ended = new Promise((resolve) => request.on('close', resolve));
    request.on('error', () => undefined);
    request.end(JSON.stringify({ name: this.#parts.slowTool, arguments: { ms: 60_000 } }));
    await pause(CANCEL_AFTER_MS);
    request.destroy();
    await ended;
    this.done.cancels += 1;
  }

  async #restart() {
    for (const it of this.#parts.wild) it.wreak();
    // A command goes when it is called.
    await Promise.all(this.#parts.wild.map(({ name }) => this.#poke(`${name}__ok`)));
    await pause(RESTARTING_MS);
    await Promise.all(this.#parts.wild.map((it) => it.heal()));
    this.done.restarts += 1;
    await this.#wait(RESTART_EVERY_MS);
  }

  async #poke(tool) {
    const client = createClient({ surface: 'rest', address: this.#gateway.address('rest') });
    await client.open();
    await done((judge) => client.callTool(tool, '{}', judge)).catch(() => undefined);
    client.drop();
  }

  async #reload() {
    this.done.reloads += 1;
    this.#gateway.configure(this.#parts.configText(this.done.reloads));
    await this.#wait(RELOAD_EVERY_MS);
  }

  async #wait(ms) {
    const end = performance.now() + ms;
    while (!this.#isStopped && performance.now() < end) await pause(100);
  }
}

const done = (ask) =>
  new Promise((resolve, reject) => {
    ask((error, answer) => (error ? reject(error) : resolve(answer)));
  });
