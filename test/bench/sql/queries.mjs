// What a call asks the database for: nothing when its key is known, at most two queries when it is not. Run it on the
// database that pages.mjs filled (100,000 keys, 1,000 teams, 1,000,000 audit rows); the gateway has 500 tools.
//   npm run build && node test/bench/sql/queries.mjs postgres://postgres@127.0.0.1:5432/that_database
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { Gateway } from '../targets/gateway.mjs';

const url = new URL(process.argv[2]);
const calls = 200;
const stdio = path.resolve(import.meta.dirname, '../parts/stdio-upstream.mjs');
const servers = Array.from({ length: 5 }, (_, index) => `up${index + 1}`);
const config = `mcp_servers:
${servers.map((name) => `  ${name}: { command: node, args: [${JSON.stringify(stdio)}, --tools, "100"] }`).join('\n')}
`;

/** What happens beside the calls: the trail, usage, counters written behind, definitions of tools, looking for changes. */
const beside =
  /audit_entries|usage_days|insert into "?limit_counters|tool_fingerprints|upstream_catalog|change_counters/i;
const transaction = /^(?:begin|commit|set|listen)/i;
const isOfCall = (sql) => !beside.test(sql) && !transaction.test(sql);

/** Hands everything on, and takes down the statements that go to the server (PostgreSQL's protocol, version 3). */
class CountingProxy {
  statements = [];

  async start() {
    const server = net.createServer((client) => {
      const upstream = net.connect(Number(url.port || 5432), url.hostname);
      const named = new Map();
      let rest = Buffer.alloc(0);
      let isStarted = false;
      client.on('data', (chunk) => {
        upstream.write(chunk);
        rest = Buffer.concat([rest, chunk]);
        for (;;) {
          // The first message has no type.
          const at = isStarted ? 1 : 0;
          if (rest.length < at + 4 || rest.length < at + rest.readInt32BE(at)) return;
          const end = at + rest.readInt32BE(at);
          if (isStarted) this.#note(String.fromCharCode(rest[0]), rest.subarray(5, end), named);
          isStarted = true;
          rest = rest.subarray(end);
        }
      });
      upstream.pipe(client);
      for (const [one, other] of [
        [client, upstream],
        [upstream, client],
      ]) {
        one.on('error', () => other.destroy());
        one.on('close', () => other.destroy());
      }
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    server.unref();
    return server.address().port;
  }

  #note(type, body, named) {
    const [first = '', second = ''] = body.toString('latin1').split('\0');
    if (type === 'Q') this.statements.push(first);
    if (type === 'P') named.set(first, second);
    if (type === 'B') this.statements.push(named.get(second) ?? second);
  }

  /** Statements that were asked for while `work` went on. */
  async during(work) {
    this.statements = [];
    await work();
    return this.statements.filter(isOfCall);
  }
}

/** At its start a gateway notes the definitions of its 500 tools, which a busy machine takes longer for than it waits. */
async function whenCalm(work, tries = 20) {
  try {
    await work();
  } catch (error) {
    if (tries === 0) throw error;
    await pause(500);
    await whenCalm(work, tries - 1);
  }
}

const proxy = new CountingProxy();
const through = new URL(url);
through.hostname = '127.0.0.1';
through.port = String(await proxy.start());
const work = fs.mkdtempSync(path.join(os.tmpdir(), 'toolgate-queries-'));
const layout = { upstreams: servers.length, toolsEach: 100 };
const database = { env: { DATABASE_URL: through.href } };
const gateway = new Gateway({ work, layout, database, config });
let isWrong = false;
try {
  await gateway.start();
  await whenCalm(() => gateway.useKey({}));
  const team = await gateway.admin('POST', '/team/new', { rpm_limit: 1_000_000 });
  const plain = await gateway.createKey({ team_id: team.team_id });
  const limited = await gateway.createKey({
    team_id: team.team_id,
    mcp_calls_per_day: 1_000_000,
    object_permission: { mcp_servers: servers, mcp_denied_tools: ['up1__nothing_*'] },
  });
  const call = async (headers) => {
    const response = await fetch(`${gateway.url}/mcp/tools/call`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: '{"name":"up1__echo","arguments":{"message":"x"}}',
    });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    await response.text();
  };
  for (const [name, headers] of Object.entries({ 'a key': plain, 'a key with a daily quota': limited })) {
    const cold = await proxy.during(() => call(headers));
    const warm = await proxy.during(async () => {
      for (let count = 0; count < calls; count += 1) await call(headers);
    });
    isWrong ||= cold.length > 2 || warm.length > 0;
    console.log(`${name}: ${cold.length} queries for the first call, ${warm.length} for ${calls} more`);
    for (const sql of [...cold, ...warm]) console.log(`  ${sql.replace(/\s+/g, ' ').slice(0, 110)}`);
  }
} finally {
  await gateway.stop();
  fs.rmSync(work, { recursive: true, force: true });
}
process.exitCode = isWrong ? 1 : 0;
