import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { askLoad } from '../run-load.mjs';
import { Child, accepts, freePort } from './child.mjs';

/**
 * A gateway described in a JSON file, to be measured beside ours. `${PORT}`, `${UPSTREAM}` and `${FOLDER}` are
 * replaced in every string; the file's form is in README.md.
 */
export const readTargetFile = (file) => JSON.parse(fs.readFileSync(file, 'utf8')).targets;

function fill(value, variables) {
  if (typeof value === 'string')
    return value.replace(/\$\{(\w+)\}/g, (whole, name) => variables[name] ?? whole);
  if (Array.isArray(value)) return value.map((item) => fill(item, variables));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item, variables)]));
}

export async function startExternal(definition, work, upstream, layout) {
  const port = definition.port ?? (await freePort());
  const folder = path.join(work, definition.name);
  fs.mkdirSync(folder, { recursive: true });
  const variables = {
    PORT: String(port),
    FOLDER: folder,
    UPSTREAM: `${upstream.url}/t${layout.upstreams * layout.toolsEach}`,
  };
  const { start, name, pid, headers, surfaces } = fill(definition, variables);
  for (const [file, text] of Object.entries(start?.files ?? {}))
    fs.writeFileSync(path.join(folder, file), text);
  const child =
    start === undefined
      ? null
      : new Child(start.command, {
          cwd: start.cwd ?? folder,
          env: start.env,
          logFile: path.join(folder, 'output.log'),
        });
  await child?.ready(accepts(port), start.timeoutMs);
  await pause(start?.settleMs ?? 0);
  const discovered = await discover(surfaces, headers);
  return {
    name,
    pid: child?.pid ?? pid,
    stop: async () => child?.stop(),
    address: (surface) => surfaces[surface] && { headers, ...surfaces[surface] },
    toolNames: (tool) => [
      discovered.find((found) => found === tool || new RegExp(`[^a-z]${tool}$`).test(found)) ?? tool,
    ],
  };
}

/** The names that the target gives the upstream's tools. */
async function discover(surfaces, headers) {
  const surface = ['http', 'sse'].find((candidate) => surfaces[candidate] !== undefined);
  if (surface === undefined) return [];
  const { tools, firstFault } = await askLoad({
    operation: 'discover',
    surface,
    address: { headers, ...surfaces[surface] },
  });
  if (tools === undefined) throw new Error(`it lists no tools: ${firstFault}`);
  return tools;
}
