import { execFile, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const script = path.join(import.meta.dirname, 'load/main.mjs');
const LIMIT_MS = 120_000;

/** Runs a job in a load generator of its own and resolves with what it measured. */
export async function askLoad(job) {
  const { stdout } = await promisify(execFile)(process.execPath, [script, JSON.stringify(job)], {
    timeout: LIMIT_MS,
    maxBuffer: 64 << 20,
  });
  return JSON.parse(stdout.trim().split('\n').at(-1));
}

/** Starts a job that goes on until `stop()`; resolves once it has said that it is ready. */
export async function holdLoad(job) {
  const child = spawn(process.execPath, [script, JSON.stringify({ ...job, operation: 'hold' })], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  const line = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('exit', () => reject(new Error('the load generator ended')));
  });
  return {
    ...JSON.parse(line),
    stop: () =>
      new Promise((resolve) => {
        process.removeListener('exit', end);
        child.once('exit', resolve);
        end();
      }),
  };
}
