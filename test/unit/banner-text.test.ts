import { describe, expect, test } from '@jest/globals';

import { bannerLine, bannerText, keyLine, type StartFacts } from '../../src/banner-text.js';
import { version } from '../../src/core/version.js';

const facts: StartFacts = {
  address: 'http://127.0.0.1:4000',
  database: 'embedded Postgres (PGlite) in /srv/data',
  isReady: true,
  configuration: '/srv/config.yaml',
  upstreams: [
    { name: 'demo', state: 'ready', tools: 4 },
    { name: 'github_mcp', state: 'down', tools: 1 },
  ],
  masterKey: 'sk-0123456789abcdefghijklmnopqrstuv',
};
const now = new Date('2026-11-26T12:00:00Z');

describe('what a start says', () => {
  test('is readable at a terminal', () => {
    expect(bannerText(facts)).toBe(`
Toolgate ${version} is ready

  Address        http://127.0.0.1:4000
  Database       embedded Postgres (PGlite) in /srv/data
  Configuration  /srv/config.yaml
  Upstreams
                   demo        ready, 4 tools
                   github_mcp  down, 1 tool

Master key, made now and never shown again: sk-0123456789abcdefghijklmnopqrstuv

List the tools:

  curl http://127.0.0.1:4000/mcp/tools/list -H "Authorization: Bearer sk-0123456789abcdefghijklmnopqrstuv"
`);
  });

  test('names no key that was not made now, and no upstream where there is none', () => {
    const text = bannerText({ ...facts, masterKey: null, upstreams: [], isReady: false });
    expect(text).toContain('Upstreams      none');
    expect(text).toContain('Bearer $TOOLGATE_MASTER_KEY"');
    expect(text).not.toContain('Master key');
    expect(text).toContain('listens and waits for its database');
  });

  test('is one JSON line elsewhere', () => {
    const line = bannerLine(facts, now);
    expect(line).not.toContain('\n');
    expect(JSON.parse(line)).toEqual({
      level: 'info',
      time: '2026-11-26T12:00:00.000Z',
      address: facts.address,
      database: facts.database,
      configuration: facts.configuration,
      upstreams: facts.upstreams,
      masterKey: facts.masterKey,
      curl: expect.stringContaining(`Bearer ${facts.masterKey ?? ''}`),
      msg: `Toolgate ${version} is ready`,
    });
    expect(JSON.parse(keyLine('sk-x', now))).toMatchObject({ masterKey: 'sk-x' });
  });
});
