import { createClient } from '../load/clients.mjs';
import { Samples } from '../measure/statistics.mjs';

const SURFACES = ['http', 'sse', 'stateless', 'rest', 'completions'];
/** Clients of each surface; one does one call at a time. */
const CLIENTS = 4;
const MAX_WRONG = 20;

/**
 * Calls to upstreams that are well, so many a second whatever becomes of them, in turn over every surface. Each says
 * something of its own and must get it back.
 */
export class SteadyLoad {
  #gateway;
  #tools;
  #everyMs;
  #timer = null;
  #turn = 0;
  #startedAt = 0;
  #pools = new Map();
  #under = new Set();
  wrong = [];
  #window = newWindow();

  /** @param tools qualified names of tools that echo `message` */
  constructor(gateway, tools, callsPerSecond) {
    this.#gateway = gateway;
    this.#tools = tools;
    this.#everyMs = 1000 / callsPerSecond;
  }

  async open() {
    for (const surface of SURFACES) {
      const clients = [];
      for (let i = 0; i < CLIENTS; i += 1) {
        const client = createClient({ surface, address: this.#gateway.address(surface) });
        await client.open();
        clients.push(client);
      }
      this.#pools.set(surface, clients);
    }
  }

  start() {
    this.#startedAt = performance.now();
    let sent = 0;
    this.#timer = setInterval(() => {
      const due = Math.floor((performance.now() - this.#startedAt) / this.#everyMs);
      for (; sent < due; sent += 1) this.#call();
    }, this.#everyMs / 2);
  }

  /** What happened since it was asked last: calls, right ones, and how long they took. */
  read() {
    const { calls, right, samples } = this.#window;
    this.#window = newWindow();
    const quantile = samples.quantiles();
    return { calls, right, p50: quantile(0.5), p99: quantile(0.99), slowest: quantile(1) };
  }

  /** Waits for what is under way and closes every session. */
  async stop() {
    clearInterval(this.#timer);
    await Promise.all(this.#under);
    for (const clients of this.#pools.values()) await Promise.all(clients.map((client) => client.close()));
  }

  #call() {
    const turn = ++this.#turn;
    const surface = SURFACES[turn % SURFACES.length];
    const tool = this.#tools[Math.floor(turn / SURFACES.length) % this.#tools.length];
    const message = `calm-${turn}`;
    const startedAt = performance.now();
    const under = this.#ask(surface, tool, message).then((fault) => {
      this.#under.delete(under);
      this.#window.calls += 1;
      this.#window.samples.add(performance.now() - startedAt);
      if (fault === null) this.#window.right += 1;
      else if (this.wrong.length < MAX_WRONG) this.wrong.push(`${surface} ${tool}: ${fault}`);
    });
    this.#under.add(under);
  }

  async #ask(surface, tool, message) {
    const pool = this.#pools.get(surface);
    const client = pool.shift() ?? (await this.#openClient(surface));
    try {
      return await performCall(surface, client, tool, message);
    } catch (error) {
      return error.message;
    } finally {
      pool.push(client.isDead ? await this.#openClient(surface).catch(() => client) : client);
    }
  }

  async #openClient(surface) {
    const client = createClient({ surface, address: this.#gateway.address(surface) });
    await client.open();
    return client;
  }
}

const newWindow = () => ({ calls: 0, right: 0, samples: new Samples() });

/** @returns what is wrong, or null */
function performCall(surface, client, tool, message) {
  return new Promise((resolve) => {
    const judge = (error, answer) => {
      if (error) return resolve(error.message);
      const { message: body } = answer;
      const said =
        surface === 'completions'
          ? body.choices?.[0]?.message?.content
          : (body.result ?? body).content?.[0]?.text;
      return resolve(
        said === message ? null : `expected ${message}, got ${JSON.stringify(body).slice(0, 200)}`,
      );
    };
    if (surface === 'completions') client.complete(message, judge, toolsOption(tool));
    else client.callTool(tool, JSON.stringify({ message }), judge);
  });
}

/** Offers the one tool, which the mock provider then has called with the message. */
function toolsOption(tool) {
  const [server, name] = tool.split('__');
  const entry = {
    type: 'mcp',
    server_label: server,
    server_url: `litellm_proxy/mcp/${server}`,
    require_approval: 'never',
    allowed_tools: [name],
  };
  return `,"tools":[${JSON.stringify(entry)}]`;
}
