import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';

import { DatabaseStartError } from '../backend.js';

interface LockFile {
  readonly token: string;
  readonly pid: number;
  readonly host: string;
}

const heartbeatMs = 1_000;
/** A holder whose heartbeat stood still for this long is gone. */
const staleAfterMs = 4_000;
const settleMs = 150;

/** A data folder that this process alone uses. PGlite itself does not keep a second process from ruining it. */
export class DataFolder {
  private constructor(
    private readonly lockPath: string,
    private readonly token: string,
    private readonly heartbeat: NodeJS.Timeout,
  ) {}

  /** Throws a `DatabaseStartError` when the folder cannot be written or another process uses it. */
  static async claim(path: string): Promise<DataFolder> {
    const lockPath = join(path, 'toolgate.lock');
    const own: LockFile = { token: randomUUID(), pid: process.pid, host: hostname() };
    try {
      await makeFolder(path);
      if (!(await create(lockPath, own))) await takeOver(path, lockPath, own);
    } catch (error) {
      if (error instanceof DatabaseStartError) throw error;
      const { code } = error as NodeJS.ErrnoException;
      throw new DatabaseStartError(`cannot write to the data folder ${path} (${code ?? 'unknown error'})`, {
        cause: error,
      });
    }
    const beat = (): void => void utimes(lockPath, new Date(), new Date()).catch(() => undefined);
    return new DataFolder(lockPath, own.token, setInterval(beat, heartbeatMs).unref());
  }

  async release(): Promise<void> {
    clearInterval(this.heartbeat);
    const held = await read(this.lockPath);
    if (held?.token === this.token) await rm(this.lockPath, { force: true });
  }
}

/** With its parents. Node's own `recursive` goes on for ever where a file system says that there is no such place. */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await stat(path)).isDirectory()) return;
    const parent = dirname(path);
    if (code !== 'ENOENT' || parent === path) throw error;
    await makeFolder(parent);
    await mkdir(path);
  }
}

/** false when somebody else's is there. */
async function create(lockPath: string, own: LockFile): Promise<boolean> {
  try {
    const file = await open(lockPath, 'wx', 0o600);
    await file.writeFile(JSON.stringify(own));
    await file.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function takeOver(path: string, lockPath: string, own: LockFile): Promise<void> {
  const holder = await read(lockPath);
  if (holder !== null && (await isAlive(lockPath, holder, own))) {
    throw new DatabaseStartError(`data folder in use: ${path} (process ${holder.pid} on ${holder.host})`);
  }
  const temporary = `${lockPath}.${own.token}`;
  await writeFile(temporary, JSON.stringify(own), { mode: 0o600 });
  await rename(temporary, lockPath);
  // When two take over at once the later rename wins; both look again once both have happened.
  await pause(settleMs);
  const winner = await read(lockPath);
  if (winner?.token !== own.token) throw new DatabaseStartError(`data folder in use: ${path}`);
}

/**
 * On this host the process id tells, unless it is our own (a container's first process has the same number every time).
 * On another host, and for a number that was given away again, only a heartbeat shows life.
 */
async function isAlive(lockPath: string, holder: LockFile, own: LockFile): Promise<boolean> {
  if (holder.host === own.host && (holder.pid === own.pid || !processExists(holder.pid))) return false;
  const before = await beatOf(lockPath);
  for (let waited = 0; waited < staleAfterMs; waited += settleMs) {
    await pause(settleMs);
    if ((await beatOf(lockPath)) !== before) return true;
  }
  return false;
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function beatOf(lockPath: string): Promise<number> {
  return stat(lockPath).then(
    ({ mtimeMs }) => mtimeMs,
    () => -1,
  );
}

/** null: not there, or cut short by a full disk or a crash. */
async function read(lockPath: string): Promise<LockFile | null> {
  try {
    return JSON.parse(await readFile(lockPath, 'utf8')) as LockFile;
  } catch {
    return null;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
