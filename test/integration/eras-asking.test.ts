import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import type { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js';

import { startErasLab, type ErasLab } from '../support/eras-lab.js';
import { masterKey } from '../support/gateway.js';
import type { InProcessGateway } from '../support/in-process.js';
import { connectHttp, connectSse, textOf } from '../support/mcp-clients.js';
import { connectModern } from '../support/modern-client.js';

const everything = { sampling: {}, elicitation: { form: {}, url: {} }, roots: {} };
const answers = {
  elicit: { action: 'accept' as const, content: { name: 'Ada' } },
  sample: { model: 'm', role: 'assistant' as const, content: { type: 'text' as const, text: 'Paris' } },
  roots: { roots: [{ uri: 'file:///home' }] },
};

/** A client of one era, whatever transport: calls a tool and answers what it is asked. */
interface AskedClient {
  readonly asked: string[];
  call(name: string): Promise<unknown>;
  close(): Promise<void>;
}

function prepareLegacy(client: LegacyClient, asked: string[]): void {
  client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
    asked.push(params.message);
    return answers.elicit;
  });
  client.setRequestHandler(CreateMessageRequestSchema, () => {
    asked.push('sampling');
    return answers.sample;
  });
  client.setRequestHandler(ListRootsRequestSchema, () => answers.roots);
}

async function legacyClient(url: string, key: string, transport: 'http' | 'sse'): Promise<AskedClient> {
  const asked: string[] = [];
  const connect = transport === 'http' ? connectHttp : connectSse;
  const { client } = await connect(url, key, { capabilities: everything });
  prepareLegacy(client, asked);
  return { asked, call: (name) => client.callTool({ name }), close: () => client.close() };
}

async function modernClient(url: string, key: string): Promise<AskedClient> {
  const asked: string[] = [];
  const client = await connectModern(url, key, {
    capabilities: everything,
    prepare: (it) => {
      it.setRequestHandler('elicitation/create', ({ params }) => {
        asked.push(params.message);
        return answers.elicit;
      });
      it.setRequestHandler('sampling/createMessage', () => {
        asked.push('sampling');
        return answers.sample;
      });
      it.setRequestHandler('roots/list', () => answers.roots);
    },
  });
  return { asked, call: (name) => client.callTool({ name, arguments: {} }), close: () => client.close() };
}

const clients = {
  'a client over HTTP+SSE': (url: string, key: string) => legacyClient(url, key, 'sse'),
  'a client of 2025-11-25': (url: string, key: string) => legacyClient(url, key, 'http'),
  'a client of 2026-07-28': modernClient,
} satisfies Record<string, (url: string, key: string) => Promise<AskedClient>>;

describe('what an upstream wants to know, from any era to any era', () => {
  let lab: ErasLab;
  let gateway: InProcessGateway;

  beforeAll(async () => {
    lab = await startErasLab();
    ({ gateway } = lab);
  }, 60_000);

  afterAll(() => lab.stop());

  describe.each(Object.entries(clients))('%s', (_, connect) => {
    let client: AskedClient;

    beforeAll(async () => {
      client = await connect(gateway.url, masterKey);
    });

    afterAll(() => client.close());

    test.each(['old_http', 'old_sse', 'old_stdio', 'new_http', 'new_stdio'])(
      'is asked by %s, and its answer is what the tool goes on with',
      async (upstream) => {
        client.asked.length = 0;
        const result = await client.call(`${upstream}__ask_client`);
        expect(JSON.parse(textOf(result))).toEqual(answers.elicit);
        expect(client.asked).toEqual(['Who?']);
      },
    );

    test.each(['new_http', 'new_stdio'])(
      'samples, lists roots and visits addresses for %s',
      async (upstream) => {
        const told = async (tool: string): Promise<unknown> =>
          JSON.parse(textOf(await client.call(`${upstream}__${tool}`)));
        expect(await told('ask_model')).toMatchObject({ model: { content: { text: 'Paris' } } });
        expect(await told('ask_roots')).toEqual({ roots: answers.roots });
        expect(await told('ask_url')).toMatchObject({ url: { action: 'accept' } });
      },
    );

    test('is asked as often as the upstream wants', async () => {
      client.asked.length = 0;
      const result = await client.call('new_http__ask_thrice');
      expect(client.asked).toEqual(['Round 1?', 'Round 2?', 'Round 3?']);
      expect(JSON.parse(textOf(result))).toEqual({ 'round-3': answers.elicit });
      expect(textOf(await client.call('new_http__wait_twice'))).toBe('waited');
    });
  });
});
