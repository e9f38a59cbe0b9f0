import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';

import { eventually, masterKey } from '../support/gateway.js';
import { serveInProcess, type InProcessGateway } from '../support/in-process.js';
import { connectHttp } from '../support/mcp-clients.js';
import { postModern, type RawAnswer } from '../support/modern-client.js';
import { startFixture, startModern, type RunningUpstream } from '../support/upstreams/fixture.js';

const capabilities = { elicitation: { form: {} } };
const inputResponses = { who: { action: 'accept', content: { name: 'Ada' } } };

interface Interim {
  readonly resultType: string;
  readonly inputRequests: Readonly<Record<string, unknown>>;
  readonly requestState: string;
}

/** `input_required`, as it goes over the wire: what the gateway hands out, and what it takes back. */
describe('the state of a request that waits for input', () => {
  let gateway: InProcessGateway;
  let otherKey: string;
  const servers: RunningUpstream[] = [];

  beforeAll(async () => {
    servers.push(await startFixture('http'), await startModern());
    const [old, modern] = servers.map(({ url }) => url.href);
    gateway = await serveInProcess(
      `mcp_servers: { old: { url: "${old ?? ''}" }, new: { url: "${modern ?? ''}" } }`,
    );
    await eventually('both upstreams', async () => {
      const { body } = await gateway.request('GET', '/mcp/tools/list');
      const names = (body as { tools: { name: string }[] }).tools.map(({ name }) => name);
      return names.includes('old__ask_client') && names.includes('new__ask_client');
    });
    const issued = await gateway.request('POST', '/key/generate', {});
    expect(issued.status).toBe(200);
    otherKey = (issued.body as { key: string }).key;
  }, 60_000);

  afterAll(async () => {
    await gateway.close();
    await Promise.all(servers.map((server) => server.kill()));
  });

  const call = (name: string, more: object = {}, key = masterKey): Promise<RawAnswer> =>
    postModern(gateway.url, key, 'tools/call', { name, arguments: {}, ...more }, { capabilities });

  async function begin(name: string): Promise<Interim> {
    const { body } = await call(name);
    expect(body.result).toMatchObject({ resultType: 'input_required' });
    return body.result as unknown as Interim;
  }

  const answersTo = ({ inputRequests }: Interim): object =>
    Object.fromEntries(Object.keys(inputRequests).map((key) => [key, inputResponses.who]));

  describe.each(['old', 'new'])('of the upstream %s', (upstream) => {
    const tool = `${upstream}__ask_client`;

    test('is sealed, and brings the call to its end', async () => {
      const interim = await begin(tool);
      expect(Object.values(interim.inputRequests)).toEqual([
        { method: 'elicitation/create', params: expect.objectContaining({ message: 'Who?' }) },
      ]);
      expect(interim.requestState).toMatch(/^toolgate\.[\w-]+$/);
      const { status, body } = await call(tool, {
        inputResponses: answersTo(interim),
        requestState: interim.requestState,
      });
      expect(status).toBe(200);
      expect(body.result).toMatchObject({
        resultType: 'complete',
        content: [{ text: expect.stringContaining('Ada') }],
      });
    });

    test.each([
      ['tampered with', (state: string) => state.slice(0, -2) + (state.endsWith('AA') ? 'BB' : 'AA')],
      ['cut', (state: string) => state.slice(0, 20)],
      ['made up', () => 'toolgate.bm90aGluZyBvZiBvdXJzIGF0IGFsbCwgYW5kIGxvbmcgZW5vdWdo'],
      ['an upstream would take', () => 'eyJyb3VuZCI6M30'],
      ['no text', () => 42],
    ])('is refused when it is %s', async (_, change) => {
      const interim = await begin(tool);
      const refused = await call(tool, {
        inputResponses: answersTo(interim),
        requestState: change(interim.requestState),
      });
      expect(refused).toMatchObject({ status: 400, body: { error: { code: -32602 } } });
      expect(refused.body.error?.message).toContain('requestState');
    });

    test('is refused when another key or another tool brings it', async () => {
      const interim = await begin(tool);
      const retry = { inputResponses: answersTo(interim), requestState: interim.requestState };
      expect(await call(tool, retry, otherKey)).toMatchObject({
        status: 400,
        body: { error: { code: -32602 } },
      });
      const other = upstream === 'old' ? 'new__ask_client' : 'old__ask_client';
      expect(await call(other, retry)).toMatchObject({ status: 400, body: { error: { code: -32602 } } });
      expect((await call(tool, retry)).body.result).toMatchObject({ resultType: 'complete' });
    });

    test('what was not answered is asked once more', async () => {
      const interim = await begin(tool);
      const { body } = await call(tool, { inputResponses: {}, requestState: interim.requestState });
      const again = body.result as unknown as Interim;
      expect(again).toMatchObject({ resultType: 'input_required', inputRequests: expect.any(Object) });
      const answered = await call(tool, {
        inputResponses: answersTo(again),
        requestState: again.requestState,
      });
      expect(answered.body.result).toMatchObject({ resultType: 'complete' });
    });
  });

  test('of a call that waits here works once', async () => {
    const interim = await begin('old__ask_client');
    const retry = { inputResponses: answersTo(interim), requestState: interim.requestState };
    expect((await call('old__ask_client', retry)).body.result).toMatchObject({ resultType: 'complete' });
    expect(await call('old__ask_client', retry)).toMatchObject({
      status: 400,
      body: { error: { code: -32602 } },
    });
  });

  test.each(['old', 'new'])(
    'a client that cannot be asked is told what is missing by %s',
    async (upstream) => {
      const params = { name: `${upstream}__ask_client`, arguments: {} };
      const { status, body } = await postModern(gateway.url, masterKey, 'tools/call', params);
      if (upstream === 'old') expect(body.result).toMatchObject({ isError: true });
      else {
        expect(status).toBe(400);
        expect(body.error).toMatchObject({
          code: -32021,
          data: { requiredCapabilities: { elicitation: { form: {} } } },
        });
      }
    },
  );

  test('instructions of all upstreams are one text, of those that a client may use', async () => {
    const told = { old: '# old\n\nBe gentle.', new: '# new\n\nBe gentle.' };
    const { body } = await postModern(gateway.url, masterKey, 'server/discover', {});
    expect(body.result?.['instructions']).toBe(`${told.new}\n\n${told.old}`);
    const permission = { object_permission: { mcp_servers: ['old'] } };
    const issued = await gateway.request('POST', '/key/generate', permission);
    const { client } = await connectHttp(gateway.url, (issued.body as { key: string }).key);
    expect(client.getInstructions()).toBe(told.old);
    await client.close();
  });

  test('arguments that travel as headers are checked, and reach the upstream as such', async () => {
    const params = { name: 'new__region', arguments: { region: 'eu', options: { fast: true } } };
    const send = (headers: Record<string, string>): Promise<RawAnswer> =>
      postModern(gateway.url, masterKey, 'tools/call', params, { headers });
    for (const wrong of [
      {},
      { 'mcp-param-region': 'eu' },
      { 'mcp-param-region': 'us', 'mcp-param-fast': 'true' },
    ]) {
      const { status, body } = await send(wrong);
      expect([status, body.error?.code]).toEqual([400, -32020]);
      expect(body.error?.message).toMatch(/mcp-param-(region|fast)/);
    }
    const { body } = await send({ 'mcp-param-region': 'eu', 'mcp-param-fast': 'true' });
    expect(body.result?.['content']).toMatchObject([{ text: '["eu","true"]' }]);
    // A client of an earlier revision sends none: the gateway does.
    const { client } = await connectHttp(gateway.url, masterKey);
    expect(await client.callTool(params)).toMatchObject({ content: [{ text: '["eu","true"]' }] });
    await client.close();
  });

  test('a prompt may ask too', async () => {
    const get = (more: object): Promise<RawAnswer> =>
      postModern(gateway.url, masterKey, 'prompts/get', { name: 'new__ask', ...more }, { capabilities });
    expect((await get({})).body.result).toMatchObject({ resultType: 'input_required' });
    const { body } = await get({ inputResponses });
    expect(JSON.stringify(body.result)).toContain('Ada');
  });

  test('a client of an earlier revision does not reach an upstream with answers of its own', async () => {
    const { client } = await connectHttp(gateway.url, masterKey);
    const params = { name: 'new__ask_client', arguments: {}, inputResponses, requestState: 'forged' };
    await expect(client.request({ method: 'tools/call', params }, z.looseObject({}))).rejects.toMatchObject({
      code: -32021,
    });
    await client.close();
  });
});
