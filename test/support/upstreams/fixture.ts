import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

import { runnable } from './runnable.js';

/** A server in a process of its own, over HTTP. */
export interface RunningUpstream {
  readonly url: URL;
  readonly port: number;
  readonly pid: number;
  signal(signal: NodeJS.Signals): void;
  /** Ends it and waits until it is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts the well-behaved fixture. `port` 0 = any. */
export function startFixture(transport: 'http' | 'sse', port = 0): Promise<RunningUpstream> {
  return startServer(
    [runnable('fixture-server'), transport, String(port)],
    transport === 'sse' ? '/sse' : '/mcp',
  );
}

/** What tells one conformance fixture from another. */
interface ConformanceOptions {
  readonly transport?: 'http' | 'sse';
  /** 0 = any */
  readonly port?: number;
  /** It alone has the resource `test://of/NAME`. */
  readonly name?: string;
}

/** Starts the fixture that has what the conformance suite asks for: 2024-11-05 to 2025-11-25, or 2026-07-28 alone. */
export function startConformanceFixture(
  era: 'legacy' | 'modern',
  { transport = 'http', port = 0, name = 'fixture' }: ConformanceOptions = {},
): Promise<RunningUpstream> {
  const script = runnable(`conformance/${era}`);
  const args = era === 'modern' ? [script, String(port)] : [script, transport, String(port)];
  return startServer(args, transport === 'sse' ? '/sse' : '/mcp', { FIXTURE_NAME: name });
}

/** `mcp_servers` entry of the conformance fixture over stdio. */
export function conformanceStdio(name = 'fixture'): {
  command: string;
  args: string[];
  env: Record<string, string>;
} {
  return {
    command: process.execPath,
    args: [runnable('conformance/legacy'), 'stdio'],
    env: { FIXTURE_NAME: name },
  };
}

/** Command line of the fixture over stdio. */
export function fixtureCommand(): { command: string; args: string[] } {
  return { command: process.execPath, args: [runnable('fixture-server'), 'stdio'] };
}

/** Starts the fixture of revision 2026-07-28; `dual` lets it speak the earlier ones too. */
export function startModern(port = 0, eras: 'modern' | 'dual' = 'modern'): Promise<RunningUpstream> {
  return startServer([runnable('modern-server'), 'http', String(port), eras], '/mcp');
}

/** Command line of the same over stdio. */
export function modernCommand(eras: 'modern' | 'dual' = 'modern'): { command: string; args: string[] } {
  return { command: process.execPath, args: [runnable('modern-server'), 'stdio', eras] };
}

/** Starts a script that prints `listening PORT`. */
export async function startServer(
  args: readonly string[],
  path: string,
  env: Readonly<Record<string, string>> = {},
): Promise<RunningUpstream> {
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  const port = await portOf(child);
  return {
    url: new URL(path, `http://127.0.0.1:${port}`),
    port,
    pid: child.pid ?? 0,
    signal: (signal) => void child.kill(signal),
    kill: async (signal = 'SIGKILL') => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill(signal);
      await exited;
    },
  };
}

async function portOf(child: ChildProcess): Promise<number> {
  if (child.stdout === null) throw new Error('No output');
  for await (const line of createInterface({ input: child.stdout })) {
    const found = /^listening ([0-9]+)$/.exec(line);
    if (found !== null) return Number(found[1]);
  }
  throw new Error('The server ended before it listened.');
}
