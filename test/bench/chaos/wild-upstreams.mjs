import { fork } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { freePort } from '../targets/child.mjs';
import { moods } from './moods.mjs';

const here = import.meta.dirname;
const RESTART_MS = 700;

/** A process of `wild-server.mjs`, at the same port through all its lives. */
class WildServer {
  #process = null;

  async start() {
    this.port ??= await freePort();
    const child = fork(path.join(here, 'wild-server.mjs'), ['--port', String(this.port)], {
      stdio: 'ignore',
    });
    child.unref();
    this.#process = child;
    await new Promise((resolve, reject) => {
      child.once('message', resolve);
      child.once('exit', () => reject(new Error('a server of the chaos ended at once')));
    });
  }

  setMood(upstream, mood) {
    this.#process.send({ upstream, mood });
  }

  signal(signal) {
    this.#process.kill(signal);
  }

  async kill() {
    const child = this.#process;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }
}

const remote = (server, name, route) =>
  `{ url: "http://127.0.0.1:${server.port}/${name}/${route}", transport: ${route === 'sse' ? 'sse' : 'http'}, timeout_ms: 2000 }`;

/** One upstream that goes wrong in one way. `wreak` starts it, `heal` ends it. */
const moody = (server, name, title, mood = name, route = 'mcp') => ({
  name,
  title,
  config: () => remote(server, name, route),
  wreak: () => server.setMood(name, mood),
  heal: () => server.setMood(name, null),
});

function killed(server, name, route) {
  let timer = null;
  let life = Promise.resolve();
  const once = () => {
    life = life.then(async () => {
      await server.kill();
      await server.start();
    });
  };
  return {
    name,
    title: `killed and restarted, again and again (${route})`,
    config: () => remote(server, name, route),
    wreak: () => {
      once();
      timer = setInterval(once, RESTART_MS);
    },
    heal: () => {
      clearInterval(timer);
      return life;
    },
  };
}

const frozen = (server, name, route) => ({
  name,
  title: `frozen with SIGSTOP (${route})`,
  config: () => remote(server, name, route),
  wreak: () => server.signal('SIGSTOP'),
  heal: () => server.signal('SIGCONT'),
});

function stdio(folder, name, title, mood) {
  const file = path.join(folder, name);
  fs.writeFileSync(file, '');
  const args = JSON.stringify([path.join(here, 'wild-stdio.mjs'), file]);
  const signal = (it) => {
    try {
      process.kill(Number(fs.readFileSync(`${file}.pid`, 'utf8')), it);
    } catch {
      // between two lives
    }
  };
  return {
    name,
    title,
    config: () => `{ command: ${JSON.stringify(process.execPath)}, args: ${args}, timeout_ms: 2000 }`,
    wreak: () => (mood === 'frozen' ? signal('SIGSTOP') : fs.writeFileSync(file, mood)),
    heal: () => (mood === 'frozen' ? signal('SIGCONT') : fs.writeFileSync(file, '')),
  };
}

const titles = {
  silent: 'never answers',
  reset: 'resets every connection',
  slow: 'answers after its time',
  drip: 'answers byte by byte',
  garbage: 'answers what is no JSON',
  half_event: 'ends its streams in the middle of an event',
  wrong_id: 'answers with the ids of others',
  http_500: 'HTTP 500',
  http_503: 'HTTP 503',
  http_429: 'HTTP 429',
  http_401: 'HTTP 401',
  http_403: 'HTTP 403',
  http_404: 'HTTP 404',
  html: 'a web page with status 200',
  big_event: 'events of 64 MiB',
  gzip_bomb: '64 MiB in a gzip of 64 KiB',
  endless_pages: 'lists without an end, told to be read again',
  list_storm: '4,000 list_changed a second',
};

/** Upstreams of the chaos: for each thing that can go wrong one to which it happens. */
export class WildUpstreams {
  #servers = [];
  all = [];

  async start(folder) {
    fs.mkdirSync(folder, { recursive: true });
    const [shared, ...own] = await Promise.all(Array.from({ length: 5 }, () => this.#startServer()));
    this.all = [
      killed(own[0], 'killed', 'mcp'),
      killed(own[1], 'killed_sse', 'sse'),
      frozen(own[2], 'frozen', 'mcp'),
      frozen(own[3], 'frozen_sse', 'sse'),
      ...Object.keys(moods).map((name) => moody(shared, name, titles[name])),
      moody(shared, 'reset_sse', 'resets every connection (sse)', 'reset', 'sse'),
      moody(shared, 'garbage_sse', 'answers what is no JSON (sse)', 'garbage', 'sse'),
      stdio(folder, 'stdio_exits', 'a child that exits with every call', 'exits'),
      stdio(folder, 'stdio_frozen', 'a child that is frozen', 'frozen'),
      stdio(folder, 'stdio_noise', 'a child that prints noise and cut answers', 'noise'),
      stdio(folder, 'endless_line', 'a child that writes a line without an end', 'endless_line'),
    ];
  }

  async stop() {
    await Promise.all(this.#servers.map((server) => server.kill()));
  }

  async #startServer() {
    const server = new WildServer();
    this.#servers.push(server);
    await server.start();
    return server;
  }
}
