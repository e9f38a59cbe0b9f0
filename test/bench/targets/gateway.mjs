import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Child, freePort } from './child.mjs';

const root = path.resolve(import.meta.dirname, '../../..');
const main = path.join(root, 'dist/main.js');

/** One master key for all gateways of a run; it reaches them by the environment alone. */
const masterKey = `sk-${randomBytes(24).toString('base64url')}`;

const upstreamName = (number) => `up${number}`;

/** Names of a layout's upstreams; a layout is `{ upstreams, toolsEach }`. */
export const upstreamNames = (layout) =>
  Array.from({ length: layout.upstreams }, (_, index) => upstreamName(index + 1));

function configText(layout, upstreamUrl) {
  const servers = upstreamNames(layout).map(
    (name, index) =>
      `  ${name}: { url: "${upstreamUrl}/u${index + 1}/t${layout.toolsEach}/mcp", transport: http }`,
  );
  return `mcp_servers:
${servers.join('\n')}
model_list:
  - model_name: bench
    litellm_params: { model: openai/bench, api_base: "${upstreamUrl}/v1", api_key: sk-provider }
general_settings:
  limits: { sessions_per_key: 100000 }
`;
}

/**
 * Everything that governs a call at once: permissions with a denial, a rate, a number of parallel calls and a daily
 * quota, none of which is ever reached. Audit and metrics are always on.
 */
export const governed = (layout) => ({
  object_permission: {
    mcp_servers: upstreamNames(layout),
    mcp_denied_tools: [`${upstreamName(1)}__nothing_*`],
  },
  rpm_limit: 1_000_000_000,
  max_parallel_requests: 1_000_000,
  mcp_calls_per_day: 1_000_000_000,
});

export class Gateway {
  name = 'toolgate';
  #child = null;
  #port = 0;
  #layout;
  #database;
  #folder;
  #headers = {};
  #profileFolder;

  /**
   * @param database `{ env }` of databases.mjs
   * @param config text of config.yaml; left out: what the layout says
   */
  constructor({ work, upstream, layout, database, profileFolder = null, name = 'toolgate', config }) {
    this.name = name;
    this.#layout = layout;
    this.#database = database;
    this.#profileFolder = profileFolder;
    this.#folder = fs.mkdtempSync(path.join(work, `${name}-`));
    this.configure(config ?? configText(layout, upstream.url));
  }

  /** Writes config.yaml; a running gateway notices by itself. */
  configure(text) {
    fs.writeFileSync(this.#configFile, text);
  }

  get pid() {
    return this.#child.pid;
  }

  get url() {
    return `http://127.0.0.1:${this.#port}`;
  }

  get #configFile() {
    return path.join(this.#folder, 'config.yaml');
  }

  /** Resolves when the gateway says it is ready. */
  async start() {
    this.#port = await freePort();
    const profiling =
      this.#profileFolder === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${this.#profileFolder}`];
    const command = [process.execPath, ...profiling, main, '--config', this.#configFile];
    this.#child = new Child([...command, '--port', String(this.#port), '--host', '127.0.0.1'], {
      cwd: this.#folder,
      logFile: path.join(this.#folder, 'output.log'),
      env: { NODE_ENV: 'production', TOOLGATE_MASTER_KEY: masterKey, ...this.#database.env },
    });
    await this.#child.ready(() => this.#isReady());
  }

  async stop() {
    await this.#child?.stop();
  }

  /** Makes a virtual key, the one that the addresses carry from now on, and waits until it lists every tool. */
  async useKey(fields) {
    this.#headers = await this.createKey(fields);
    await this.awaitTools();
  }

  /** @returns the headers that send a new virtual key */
  async createKey(fields) {
    const response = await this.admin('POST', '/key/generate', fields);
    return { Authorization: `Bearer ${response.key}` };
  }

  async admin(method, route, body) {
    const response = await fetch(`${this.url}${route}`, {
      method,
      headers: { authorization: `Bearer ${masterKey}`, 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${route}: HTTP ${response.status} ${text.slice(0, 300)}`);
    return JSON.parse(text);
  }

  async awaitTools(timeoutMs = 60_000) {
    const expected = this.#layout.upstreams * this.#layout.toolsEach;
    const deadline = Date.now() + timeoutMs;
    let count = 0;
    while (Date.now() < deadline) {
      count = await this.toolCount();
      if (count === expected) return;
      await pause(20);
    }
    throw new Error(`the gateway lists ${count} of ${expected} tools`);
  }

  async toolCount() {
    const response = await fetch(`${this.url}/mcp/tools/list`, { headers: this.#headers });
    return response.ok ? (await response.json()).tools.length : 0;
  }

  address(surface) {
    const headers = this.#headers;
    return {
      http: { url: `${this.url}/mcp`, headers },
      stateless: { url: `${this.url}/mcp`, headers },
      sse: { url: `${this.url}/sse`, headers },
      rest: { callUrl: `${this.url}/mcp/tools/call`, listUrl: `${this.url}/mcp/tools/list`, headers },
      completions: { url: `${this.url}/v1/chat/completions`, model: 'bench', headers },
    }[surface];
  }

  /** The same gateway as another target: asked with another key. */
  as(name, headers) {
    return {
      name,
      pid: this.pid,
      address: (surface) => ({ ...this.address(surface), headers }),
      toolNames: (tool) => this.toolNames(tool),
    };
  }

  /** Every upstream's tool of this name: calls go round them. */
  toolNames(tool) {
    return upstreamNames(this.#layout).map((name) => `${name}__${tool}`);
  }

  async #isReady() {
    try {
      return (await fetch(`${this.url}/health/readiness`)).status === 200;
    } catch {
      return false;
    }
  }
}
