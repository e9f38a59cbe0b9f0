/** SQL that fills a gateway's database with what years of use leave there. */
const BATCH = 100_000;

const batches = (count, statement) =>
  Array.from({ length: Math.ceil(count / BATCH) }, (_, index) => {
    const first = index * BATCH + 1;
    return statement(first, Math.min(count, first + BATCH - 1));
  });

export const teams = (count) => [
  `INSERT INTO teams (team_id, team_alias, created_at, updated_at)
   SELECT 'seeded-' || n, 'Team ' || n, now(), now() FROM generate_series(0, ${count - 1}) AS n`,
];

/** A key of a team, where the teams were seeded; nobody knows the keys themselves. */
export const virtualKeys = (count) =>
  batches(
    count,
    (first, last) => `
      INSERT INTO virtual_keys (key_id, hash, key_name, team_id, created_at, updated_at)
      SELECT 'seeded-' || n, encode(sha256(('seeded-' || n)::bytea), 'hex'), 'sk-...' || right('000' || n, 4),
        (SELECT team_id FROM teams WHERE team_id = 'seeded-' || n % 1000), now() - n * interval '1 minute', now()
      FROM generate_series(${first}, ${last}) AS n`,
  );

/** Rows of the last year; ids grow with time, as the gateway makes them. */
export const auditRows = (count) =>
  batches(
    count,
    (first, last) => `
      INSERT INTO audit_entries (id, at, request_id, key_id, method, tool, upstream, decision, outcome,
        duration_ms, upstream_duration_ms, request_bytes, response_bytes)
      SELECT ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
        now() - interval '1 year' + n * (interval '1 year' / ${count}), 'seeded-' || n, 'seeded-' || (n % 1000),
        'tools/call', 'up1__echo', 'up1', 'allowed', CASE WHEN n % 50 = 0 THEN 'error' ELSE 'success' END,
        1.5, 1.2, 120, 180
      FROM generate_series(${first}, ${last}) AS n`,
  );
