import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';

import type { UpstreamEndpoint } from '../../../core/upstream.js';

export type StdioEndpoint = Extract<UpstreamEndpoint, { kind: 'stdio' }>;

/** All a child gets of our environment (contract section 2); everything else must be its own `env`. */
const inherited = ['PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR'] as const;

/** How long a child may take to end by itself once its input is closed, and then again once it is asked to. */
const stdinGraceMs = 500;
const terminateGraceMs = 1_500;

/** Leaders of the process groups we started. A gateway that exits for whatever reason takes them with it. */
const liveGroups = new Set<number>();
let isExitWatched = false;

function watchExit(): void {
  if (isExitWatched) return;
  isExitWatched = true;
  process.on('exit', () => {
    for (const pid of liveGroups) signalGroup(pid, 'SIGKILL');
  });
}

/** A child without a shell, as the leader of a process group of its own, so that nothing it starts outlives it. */
export class ChildProcess {
  readonly process: ChildProcessWithoutNullStreams;
  readonly #exited: Promise<void>;
  #hasExited = false;

  constructor(endpoint: StdioEndpoint) {
    watchExit();
    this.process = spawn(endpoint.command, endpoint.args, {
      shell: false,
      detached: true,
      windowsHide: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: childEnvironment(endpoint),
      ...(endpoint.cwd === null ? {} : { cwd: endpoint.cwd }),
    });
    const { pid } = this.process;
    if (pid !== undefined) liveGroups.add(pid);
    this.#exited = new Promise((resolve) => {
      const onEnd = (): void => {
        this.#hasExited = true;
        resolve();
      };
      this.process.once('exit', onEnd);
      this.process.once('error', () => {
        if (pid === undefined) onEnd();
      });
    });
  }

  /** Ends the child and everything in its group: by closing its input, then SIGTERM, then SIGKILL. */
  async end(): Promise<void> {
    const { pid, stdin } = this.process;
    if (pid === undefined) return;
    stdin.end();
    if (!(await this.#exitsWithin(stdinGraceMs))) {
      signalGroup(pid, 'SIGTERM');
      await this.#exitsWithin(terminateGraceMs);
    }
    // Also when the leader went by itself: what it started may still be there.
    signalGroup(pid, 'SIGKILL');
    await this.#exited;
    liveGroups.delete(pid);
    this.process.stdout.destroy();
    this.process.stderr.destroy();
    stdin.destroy();
  }

  async #exitsWithin(timeoutMs: number): Promise<boolean> {
    if (this.#hasExited) return true;
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>((resolve) => (timer = setTimeout(resolve, timeoutMs)));
    await Promise.race([this.#exited, timeout]);
    clearTimeout(timer);
    return this.#hasExited;
  }
}

function childEnvironment(endpoint: StdioEndpoint): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = {};
  for (const name of inherited) {
    const value = process.env[name];
    if (value !== undefined) environment[name] = value;
  }
  for (const [name, secret] of Object.entries(endpoint.env)) environment[name] = secret.reveal();
  return environment;
}

/** Signals a whole process group; one that is gone already is as good. */
function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // ESRCH: nobody left there.
  }
}
