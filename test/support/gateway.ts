import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { hotRoutesByDefault, withoutHotRoutes } from './hot-routes.js';
import { gatewayDatabase } from './postgres.js';

export const masterKey = 'sk-test-master-key-0123456789abcdef';

export interface GatewayOptions {
  /** Text of config.yaml; left out: the gateway starts without one. */
  readonly config?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** Data folder to keep between starts; a fresh one otherwise. */
  readonly dataDir?: string;
  readonly port?: number;
  /** `port`: as soon as it listens, ready or not. */
  readonly waitFor?: 'readiness' | 'port';
  /** Whether the frequent routes are taken in front of Nest's router. */
  readonly hotRoutes?: boolean;
}

/** The built program, running as users run it. */
export interface RunningGateway {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly folder: string;
  readonly process: ChildProcess;
  /** What it printed so far. */
  output(): string;
  /** A JSON request with the master key, or with `key`. */
  api(method: string, path: string, body?: unknown, key?: string | null): Promise<ApiAnswer>;
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown> & {
    readonly error?: { readonly code: string; readonly message: string };
  };
}

const program = resolve('dist/main.js');

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Starts the program and waits until it is ready. With a data folder of the caller's the database is embedded. */
export async function startGateway(options: GatewayOptions = {}): Promise<RunningGateway> {
  const port = options.port ?? (await freePort());
  const folder = await mkdtemp(join(tmpdir(), 'toolgate-test-'));
  const isHot = options.hotRoutes ?? hotRoutesByDefault;
  const config = isHot ? options.config : withoutHotRoutes(options.config);
  if (config !== undefined) await writeFile(join(folder, 'config.yaml'), config);
  const isSuppliedFor = options.dataDir !== undefined || options.env?.['DATABASE_URL'] !== undefined;
  const database = isSuppliedFor ? null : await gatewayDatabase();
  let printed = '';
  const child = spawn(process.execPath, [program, '--port', String(port), ...(options.args ?? [])], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      TOOLGATE_MASTER_KEY: masterKey,
      TOOLGATE_DATA_DIR: options.dataDir ?? join(folder, 'data'),
      ...(database === null ? {} : { DATABASE_URL: database.url }),
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  const url = `http://127.0.0.1:${port}`;
  const gateway: RunningGateway = {
    url,
    port,
    pid: child.pid ?? -1,
    folder,
    process: child,
    output: () => printed,
    api: (method, path, body, key = masterKey) => request(url + path, method, body, key),
    stop: async (signal = 'SIGTERM') => {
      if (child.exitCode === null && child.signalCode === null) {
        const exited = once(child, 'exit');
        child.kill(signal);
        await exited;
      }
      await rm(folder, { recursive: true, force: true });
      await database?.drop();
      return child.exitCode;
    },
  };
  await untilReady(gateway, child, options.waitFor ?? 'readiness');
  return gateway;
}

async function untilReady(
  gateway: RunningGateway,
  child: ChildProcess,
  waitFor: 'readiness' | 'port',
): Promise<void> {
  for (let attempt = 0; attempt < (waitFor === 'port' ? 20_000 : 600); attempt++) {
    if (child.exitCode !== null) break;
    const ready = await fetch(`${gateway.url}/health/readiness`).catch(() => null);
    if (ready?.ok === true || (ready !== null && waitFor === 'port')) return;
    await sleep(waitFor === 'port' ? 1 : 50);
  }
  const printed = gateway.output();
  await gateway.stop('SIGKILL');
  throw new Error(`The gateway did not become ready:\n${printed}`);
}

async function request(url: string, method: string, body: unknown, key: string | null): Promise<ApiAnswer> {
  const response = await fetch(url, {
    method,
    headers: {
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const parsed: unknown = text === '' ? {} : JSON.parse(text);
  return { status: response.status, headers: response.headers, body: parsed as ApiAnswer['body'] };
}

/** Waits until `check` gives something; fails after `timeoutMs` with `what`. */
export async function eventually<T>(
  what: string,
  check: () => T | undefined | null | false | Promise<T | undefined | null | false>,
  timeoutMs = 10_000,
): Promise<T> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const value = await check();
    if (value !== undefined && value !== null && value !== false) return value;
    if (Date.now() > end) throw new Error(`did not happen in ${timeoutMs} ms: ${what}`);
    await sleep(20);
  }
}
