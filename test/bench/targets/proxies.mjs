import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { Child, accepts, freePort } from './child.mjs';

/** What stands between load and upstream without knowing MCP: nothing at all, nodeproxy, nginx. */
const here = import.meta.dirname;

/** Where a proxy serves what the upstream serves: the same paths, so a layout is in the path alone. */
function proxyTarget(name, pid, port, stop) {
  const base = `http://127.0.0.1:${port}`;
  return {
    name,
    pid,
    stop,
    address: (surface, layout) => {
      const tools = `${base}/t${layout.toolsEach * layout.upstreams}`;
      return {
        http: { url: `${tools}/mcp` },
        stateless: { url: `${tools}/mcp` },
        sse: { url: `${tools}/sse` },
        rest: { callUrl: `${tools}/rest/call`, listUrl: `${tools}/rest/list` },
        completions: { url: `${base}/v1/chat/completions`, model: 'bench' },
      }[surface];
    },
    toolNames: (tool) => [tool],
  };
}

export async function startUpstream(work) {
  const port = await freePort();
  const command = [process.execPath, path.join(here, '../parts/upstream.mjs'), '--port', String(port)];
  const child = new Child(command, { logFile: path.join(work, 'upstream.log') });
  await child.ready(accepts(port));
  return { pid: child.pid, port, url: `http://127.0.0.1:${port}`, stop: () => child.stop() };
}

export const direct = (upstream) => proxyTarget('direct', upstream.pid, upstream.port, async () => undefined);

export async function startNodeProxy(work, upstream) {
  const port = await freePort();
  const script = path.join(here, '../parts/node-proxy.mjs');
  const command = [process.execPath, script, '--port', String(port), '--upstream', upstream.url];
  const child = new Child(command, { logFile: path.join(work, 'nodeproxy.log') });
  await child.ready(accepts(port));
  return proxyTarget('nodeproxy', child.pid, port, () => child.stop());
}

export function hasNginx() {
  try {
    execFileSync('nginx', ['-v'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const nginxConfig = (port, upstreamPort) => `worker_processes 1;
pid nginx.pid;
error_log error.log;
events { worker_connections 16384; }
http {
  access_log off;
  keepalive_requests 10000000;
  client_body_temp_path body; proxy_temp_path proxy;
  fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  upstream bench { server 127.0.0.1:${upstreamPort}; keepalive 256; keepalive_requests 10000000; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    client_max_body_size 20m;
    location / {
      proxy_pass http://bench;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
      proxy_read_timeout 600s;
    }
  }
}
`;

export async function startNginx(work, upstream) {
  const port = await freePort();
  const folder = path.join(work, 'nginx');
  const config = path.join(folder, 'nginx.conf');
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(config, nginxConfig(port, upstream.port));
  const command = ['nginx', '-p', folder, '-c', config, '-g', 'daemon off;'];
  const child = new Child(command, { logFile: path.join(folder, 'output.log') });
  await child.ready(accepts(port));
  return proxyTarget('nginx', child.pid, port, () => child.stop());
}
