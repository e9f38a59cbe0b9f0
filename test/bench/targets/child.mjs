import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const POLL_MS = 50;
const STOP_MS = 10_000;
const running = new Set();

/** Processes that the benchmark started end with it, whatever ends it. */
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
process.on('SIGINT', () => process.exit(130));
process.on('SIGTERM', () => process.exit(143));

export class Child {
  #process;
  #logFile;

  constructor(command, { logFile, cwd, env = {} }) {
    fs.mkdirSync(path.dirname(logFile), { recursive: true });
    const log = fs.openSync(logFile, 'a');
    this.#logFile = logFile;
    this.#process = spawn(command[0], command.slice(1), {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', log, log],
    });
    fs.closeSync(log);
    running.add(this.#process);
    this.#process.on('error', () => running.delete(this.#process));
    this.#process.on('exit', () => running.delete(this.#process));
  }

  get pid() {
    return this.#process.pid;
  }

  get hasEnded() {
    return !running.has(this.#process);
  }

  /** Polls until `isReady` answers true; fails with the end of the log when the process ends or time runs out. */
  async ready(isReady, timeoutMs = 60_000) {
    const deadline = Date.now() + timeoutMs;
    while (Date.now() < deadline) {
      if (this.hasEnded) throw new Error(`it ended at once:\n${this.#endOfLog()}`);
      if (await isReady()) return;
      await pause(POLL_MS);
    }
    throw new Error(`it was not ready within ${timeoutMs / 1000} s:\n${this.#endOfLog()}`);
  }

  /** SIGTERM, and SIGKILL for what does not end by itself. */
  async stop() {
    if (this.hasEnded) return;
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill('SIGTERM');
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), STOP_MS);
    await ended;
    clearTimeout(timer);
  }

  #endOfLog() {
    return fs.readFileSync(this.#logFile, 'utf8').split('\n').slice(-12).join('\n');
  }
}

export const accepts = (port) => () =>
  new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });

export const freePort = () =>
  new Promise((resolve, reject) => {
    const server = net.createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
