// How long a page takes when there is much: 1,000,000 audit rows, 100,000 keys, 1,000 teams. Prints one line a query and
// fails when one takes 100 ms or more, or reads a big table from end to end.
//   npm run build && node test/bench/sql/pages.mjs postgres://postgres@127.0.0.1:5432/an_empty_database
import pg from 'pg';
import { pino } from 'pino';

import { newestSql } from '../../../dist/audit/audit.store.js';
import { Secret } from '../../../dist/core/secret.js';
import { DatabaseService } from '../../../dist/database/database.service.js';

const url = process.argv[2];
const rows = Number(process.env.ROWS ?? 1_000_000);
const limitMs = 100;

const database = new DatabaseService({ url: new Secret(url), dataDir: '' }, pino({ level: 'warn' }));
await database.onModuleInit();
if (!(await database.whenReady(30_000))) throw new Error(database.failure);
const client = new pg.Client({ connectionString: url });
await client.connect();

const { rows: there } = await client.query('select count(*)::int as count from audit_entries');
if (there[0].count < rows) await seed();

/** One key does a third of the calls, few do most of the others; one call in a hundred is denied. */
async function seed() {
  console.log(`filling in ${rows} rows`);
  await client.query('truncate audit_entries, virtual_keys, teams, organizations, users cascade');
  await client.query(`insert into organizations (organization_id, organization_alias, updated_at)
    select 'org-' || n, 'Org ' || n, now() from generate_series(0, 19) n`);
  await client.query(`insert into teams (team_id, organization_id, updated_at)
    select 'team-' || n, 'org-' || n % 20, now() from generate_series(0, 999) n`);
  await client.query(
    `insert into users (user_id, updated_at) select 'user-' || n, now() from generate_series(0, 19999) n`,
  );
  await client.query(`insert into virtual_keys
      (key_id, hash, key_name, key_alias, key_alias_normalized, user_id, team_id, organization_id, created_at, updated_at)
    select 'key-' || n, encode(sha256(n::text::bytea), 'hex'), 'sk-...abcd', 'Key ' || n, 'key ' || n,
      'user-' || n % 20000, 'team-' || n % 1000, 'org-' || n % 20, now() - n * interval '1 minute', now()
    from generate_series(0, 99999) n`);
  await client.query(
    `insert into audit_entries (id, at, request_id, key_id, user_id, team_id, organization_id, session_id, method, tool,
       upstream, decision, outcome, duration_ms, request_bytes, response_bytes)
     select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(n % 4096), 3, '0')
         || '8' || substr(md5(n::text), 1, 15))::uuid,
       at, md5(n::text), 'key-' || key, 'user-' || key % 20000, 'team-' || key % 1000, 'org-' || key % 20, md5(key::text),
       'tools/call', 'up' || tool % 50 || '__tool' || tool, 'up' || tool % 50,
       case when draw < 0.01 then 'denied' else 'allowed' end,
       case when draw < 0.01 then 'denied' when draw < 0.02 then 'error' when draw < 0.04 then 'tool_error'
         else 'success' end, 12, 100, 1000
     from (select n, now() - ($1 - n) * interval '1 second' as at, case when random() < 0.3 then 0 else floor(100000 * power(random(), 4))::int end as key,
       floor(500 * power(random(), 2))::int as tool, random() as draw from generate_series(1, $1::int) n) as source`,
    [rows],
  );
  await client.query('vacuum analyze');
}

const everyone = { kind: 'all' };
const nobody = { kind: 'some', keyIds: [], userIds: [], teamIds: [], organizationIds: [] };
const ids = (name, count) => Array.from({ length: count }, (_, at) => `${name}-${at}`);
const daysAgo = (days) => new Date(Date.now() - days * 86_400_000);
const middle = (await client.query('select id from audit_entries order by id offset $1 limit 1', [rows / 2]))
  .rows[0].id;

const audit = {
  'newest of all': [{}, everyone],
  'newest of all, half way through': [{}, everyone, middle],
  'since and until': [{ since: daysAgo(6), until: daysAgo(5) }, everyone],
  'a busy key': [{ key: 'key-0' }, everyone],
  'a quiet key': [{ key: 'key-99999' }, everyone],
  'a key that is not there': [{ key: 'nobody' }, everyone],
  'a team': [{ team: 'team-7' }, everyone],
  'a user': [{ user: 'user-7' }, everyone],
  'an organization': [{ organization: 'org-7' }, everyone],
  'a busy tool': [{ tool: 'up0__tool0' }, everyone],
  'a quiet tool': [{ tool: 'up49__tool499' }, everyone],
  'an upstream': [{ upstream: 'up49' }, everyone],
  denied: [{ outcome: 'denied' }, everyone],
  success: [{ outcome: 'success' }, everyone],
  'cancelled, of which there is none': [{ outcome: 'cancelled' }, everyone],
  'a busy key, denied': [{ key: 'key-0', outcome: 'denied' }, everyone],
  'a busy key, a tool it seldom calls': [{ key: 'key-0', tool: 'up49__tool499' }, everyone],
  'a team and an upstream': [{ team: 'team-7', upstream: 'up49' }, everyone],
  'an organization and a tool that is not there': [{ organization: 'org-7', tool: 'nothing' }, everyone],
  'a day of an upstream': [{ upstream: 'up3', since: daysAgo(3), until: daysAgo(2) }, everyone],
  'seen by a key': [{}, { ...nobody, keyIds: ['key-5'] }],
  'seen by a busy key': [{}, { ...nobody, keyIds: ['key-0'], userIds: ['user-0'] }],
  'seen by a busy key, denied': [{ outcome: 'denied' }, { ...nobody, keyIds: ['key-0'] }],
  'seen by a team admin': [{}, { ...nobody, keyIds: ['key-5'], teamIds: ['team-5'] }],
  'seen by an admin of 20 teams': [{}, { ...nobody, keyIds: ['key-5'], teamIds: ids('team', 20) }],
  'seen by an admin of 100 teams': [{}, { ...nobody, keyIds: ['key-5'], teamIds: ids('team', 100) }],
  'seen by an organization admin': [{}, { ...nobody, keyIds: ['key-5'], organizationIds: ['org-5'] }],
  'seen by a team admin, denied': [{ outcome: 'denied' }, { ...nobody, teamIds: ['team-5'] }],
  'seen by an admin of 100 teams, denied': [{ outcome: 'denied' }, { ...nobody, teamIds: ids('team', 100) }],
  'seen by a team admin, half way': [{}, { ...nobody, keyIds: ['key-5'], teamIds: ['team-5'] }, middle],
};

const keys = {
  'key list, newest': ['select key_id from virtual_keys order by created_at desc, key_id desc limit 100', []],
  'key list, last page': [
    'select key_id from virtual_keys order by created_at desc, key_id desc limit 100 offset 99900',
    [],
  ],
  'key list of a team': [
    'select * from virtual_keys where team_id = $1 order by created_at desc, key_id desc limit 100',
    ['team-7'],
  ],
  'key list of an organization, page 30': [
    'select * from virtual_keys where organization_id = $1 order by created_at desc, key_id desc limit 100 offset 2900',
    ['org-7'],
  ],
  'how many keys': ['select count(*) from virtual_keys', []],
  'a key by its hash': ['select * from virtual_keys where hash = $1', ['x']],
  'a key by its alias': ['select * from virtual_keys where key_alias_normalized = $1', ['key 77']],
};

let worst = 0;
for (const [name, [filter, visibility, after]] of Object.entries(audit)) {
  const { sql, values } = newestSql(filter, visibility, 101, after ?? null);
  await measure(name, sql, values);
}
for (const [name, [sql, values]] of Object.entries(keys)) await measure(name, sql, values);
console.log(`slowest ${worst.toFixed(1)} ms`);
await client.end();
await database.close();
process.exitCode = worst < limitMs ? 0 : 1;

/** The second run counts: the first brings the pages into memory. */
async function measure(name, sql, values) {
  await client.query(sql, values);
  const { rows: lines } = await client.query(`explain (analyze, buffers, format json) ${sql}`, values);
  const [{ Plan: plan, 'Execution Time': execution, 'Planning Time': planning }] = lines[0]['QUERY PLAN'];
  const nodes = [...walk(plan)];
  const scans = [
    ...new Set(nodes.map((node) => node['Index Name'] ?? (/Seq/.test(node['Node Type']) ? 'SEQ' : null))),
  ];
  const ms = execution + planning;
  worst = Math.max(worst, ms);
  console.log(
    `${name.padEnd(46)} ${ms.toFixed(1).padStart(7)} ms ${String(plan['Shared Hit Blocks']).padStart(7)} pages  ${scans.filter(Boolean).join(', ')}`,
  );
}

function* walk(node) {
  yield node;
  for (const child of node.Plans ?? []) yield* walk(child);
}
