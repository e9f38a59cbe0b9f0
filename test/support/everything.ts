import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';

import { eventually, freePort } from './gateway.js';

const require = createRequire(import.meta.url);
const everything = require.resolve('@modelcontextprotocol/server-everything/dist/index.js');
export const filesystemServer = require.resolve('@modelcontextprotocol/server-filesystem/dist/index.js');

/** The official everything server, running on a port of its own. */
export interface RunningServer {
  readonly port: number;
  readonly url: string;
  readonly pid: number;
  kill(signal?: NodeJS.Signals): Promise<void>;
}

export async function startEverything(mode: 'sse' | 'streamableHttp', port?: number): Promise<RunningServer> {
  const usedPort = port ?? (await freePort());
  const child = spawn(process.execPath, [everything, mode], {
    env: { PATH: process.env['PATH'], PORT: String(usedPort) },
    stdio: 'ignore',
  });
  const url = `http://127.0.0.1:${usedPort}${mode === 'sse' ? '/sse' : '/mcp'}`;
  await eventually(`${mode} server on ${usedPort}`, async () => {
    const answer = await fetch(url.replace('/sse', '/nothing-here')).catch(() => null);
    await answer?.body?.cancel();
    return answer !== null;
  });
  return {
    port: usedPort,
    url,
    pid: child.pid ?? -1,
    kill: async (signal = 'SIGTERM') => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill(signal);
      await exited;
    },
  };
}

/** Command line of the everything server over stdio, for a config.yaml. */
export const everythingStdio = { command: process.execPath, args: [everything, 'stdio'] };
