import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { eventually, masterKey, startGateway, type RunningGateway } from '../support/gateway.js';
import { connectHttp, connectSse } from '../support/mcp-clients.js';

interface Traffic {
  readonly msg: string;
  readonly direction: string;
  readonly upstream?: string;
  readonly requestId?: string;
  readonly body: string;
}

let gateway: RunningGateway;

beforeAll(async () => {
  gateway = await startGateway({ args: ['--detailed_debug'] });
}, 60_000);

afterAll(() => gateway.stop());

const traffic = (): Traffic[] =>
  gateway
    .output()
    .split('\n')
    .filter((line) => line.includes('"traffic"'))
    .map((line) => JSON.parse(line) as Traffic);

/** The traffic in its whole course, without its secrets. */
test.each([
  ['Streamable HTTP', connectHttp],
  ['HTTP+SSE', connectSse],
] as const)('--detailed_debug shows both sides of a call over %s', async (name, connect) => {
  const word = name.replaceAll(/\W/g, '');
  const { client } = await connect(gateway.url, masterKey);
  await client.callTool({
    name: 'demo__echo',
    arguments: { text: word, api_key: 'do-not-show', note: masterKey },
  });
  await client.close();
  const seen = await eventually('all four ways', () => {
    const ours = traffic().filter(({ body }) => body.includes(word));
    return ours.length >= 4 && ours;
  });
  expect(seen.map(({ direction }) => direction)).toEqual([
    'from_client',
    'to_upstream',
    'from_upstream',
    'to_client',
  ]);
  expect(seen.map(({ upstream }) => upstream)).toEqual([undefined, 'demo', 'demo', undefined]);
  expect(seen[0]?.requestId).toEqual(expect.any(String));
  expect(JSON.parse(seen[0]?.body ?? '')).toMatchObject({
    method: 'tools/call',
    params: { arguments: { text: word, api_key: '[redacted]', note: 'sk-[redacted]' } },
  });
  expect(gateway.output()).not.toMatch(new RegExp(`do-not-show|${masterKey}`));
});
