import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { loadConfig } from '../../src/config/load-config.js';
import { serve } from '../../src/serve.js';
import { gatewayDatabase } from './postgres.js';
import { freePort, masterKey } from './gateway.js';

export interface ServingAnswer {
  readonly status: number;
  /** Parsed; undefined when empty. */
  readonly body: unknown;
}

/** The whole program, in this process. */
export interface InProcessGateway {
  readonly url: string;
  readonly dataDir: string;
  request(method: string, path: string, body?: unknown, key?: string): Promise<ServingAnswer>;
  /** Writes a new config.yaml; the gateway notices. */
  configure(yaml: string): Promise<void>;
  close(): Promise<void>;
}

/** @param env beside the master key and the data folder */
export async function serveInProcess(
  yaml: string,
  env: Readonly<Record<string, string>> = {},
): Promise<InProcessGateway> {
  const folder = await mkdtemp(join(tmpdir(), 'toolgate-serve-'));
  const file = join(folder, 'config.yaml');
  await writeFile(file, yaml);
  const dataDir = join(folder, 'data');
  const port = await freePort();
  const database = env['DATABASE_URL'] === undefined ? await gatewayDatabase() : null;
  const options = {
    argvFlags: { config: file, port: String(port) },
    env: {
      TOOLGATE_MASTER_KEY: masterKey,
      TOOLGATE_DATA_DIR: dataDir,
      LOG_LEVEL: 'silent',
      ...(database === null ? {} : { DATABASE_URL: database.url }),
      ...env,
    },
    cwd: folder,
  };
  const serving = await serve({ ...(await loadConfig(options)), options });
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    dataDir,
    request: async (method, path, body, key = masterKey) => {
      const response = await fetch(url + path, {
        method,
        headers: {
          authorization: `Bearer ${key}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
    },
    configure: (next) => writeFile(file, next),
    close: async () => {
      await serving.stop();
      await database?.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
