import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';

import type { CompletionTools } from '../../src/llm/ports/completion-tools.js';
import { deployment, noTools, post, startLlmApp, type LlmApp } from '../support/llm-app.js';
import { json, MockProvider, pieces } from '../support/mock-provider.js';

type Item = Record<string, unknown>;

const tool = {
  name: 'math__add',
  upstream: 'math',
  upstreamTool: 'add',
  description: 'Adds',
  inputSchema: { type: 'object' },
};
const called: string[] = [];
const tools: CompletionTools = {
  list: () => Promise.resolve([tool]),
  call: (_principal, { name }) => {
    called.push(name);
    return Promise.resolve({ json: '{"content":[{"type":"text","text":"5"}]}', costUsd: 0.25 });
  },
  refuse: (...refused) => noTools.refuse(...refused),
};
const mcp = {
  type: 'mcp' as const,
  server_label: 'own',
  server_url: 'litellm_proxy',
  require_approval: 'never' as const,
};
const own = { type: 'function' as const, name: 'own_function', parameters: {}, strict: false };

let provider: MockProvider;
let app: LlmApp;
let client: OpenAI;

beforeAll(async () => {
  provider = await MockProvider.start();
  app = await startLlmApp({
    tools,
    limits: { maxToolRounds: 3 },
    models: [deployment({ apiBase: provider.base, maxRetries: 0 })],
  });
  client = new OpenAI({ apiKey: 'sk-test', baseURL: `${app.url}/v1`, maxRetries: 0 });
});
beforeEach(() => {
  provider.reset();
  called.length = 0;
  app.usage.reports.length = 0;
});
afterAll(async () => {
  await app.close();
  await provider.close();
});

const text = (value: string): Item => ({
  type: 'message',
  id: 'msg_1',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text: value, annotations: [] }],
});
const call = (name: string): Item => ({
  type: 'function_call',
  id: `fc_${name}`,
  call_id: `call_${name}`,
  name,
  arguments: '{"x":1}',
  status: 'completed',
});
const response = (id: string, ...output: Item[]): Item => ({
  id,
  object: 'response',
  status: 'completed',
  model: 'gpt-real',
  output,
  usage: {
    input_tokens: 10,
    output_tokens: 5,
    total_tokens: 15,
    output_tokens_details: { reasoning_tokens: 1 },
  },
});
const streamed = (id: string, ...output: Item[]): string => {
  const events: Item[] = [
    { type: 'response.created', response: { ...response(id), status: 'in_progress' } },
    { type: 'response.in_progress', response: { ...response(id), status: 'in_progress' } },
    ...output.flatMap((item, index) => [
      { type: 'response.output_item.added', output_index: index, item },
      ...(item['type'] === 'message'
        ? [
            {
              type: 'response.output_text.delta',
              output_index: index,
              content_index: 0,
              item_id: 'msg_1',
              delta: 'It is 5.',
            },
          ]
        : [
            {
              type: 'response.function_call_arguments.delta',
              output_index: index,
              item_id: 'x',
              delta: '{"x":1}',
            },
          ]),
      { type: 'response.output_item.done', output_index: index, item },
    ]),
    { type: 'response.completed', response: response(id, ...output) },
  ];
  return events
    .map(
      (event, index) =>
        `event: ${String(event['type'])}\ndata: ${JSON.stringify({ ...event, sequence_number: index })}\n\n`,
    )
    .join('');
};

describe('/v1/responses', () => {
  it('passes through byte for byte, streams too', async () => {
    const answer = JSON.stringify(response('resp_1', text('Hi')), null, 2);
    provider.script(json(JSON.parse(answer)), pieces([streamed('resp_2', text('It is 5.'))]));
    const whole = await post(`${app.url}/v1/responses`, { model: 'gpt-test', input: 'x', big: 1 });
    expect(await whole.json()).toEqual(JSON.parse(answer));
    expect(provider.last.path).toBe('/v1/responses');
    expect(app.usage.reports).toMatchObject([{ inputTokens: 10, outputTokens: 5, estimated: false }]);
    const stream = await post(`${app.url}/v1/responses`, { model: 'gpt-test', input: 'x', stream: true });
    expect(await stream.text()).toBe(streamed('resp_2', text('It is 5.')));
    expect(app.usage.reports[1]).toMatchObject({ inputTokens: 10, estimated: false });
  });

  it("runs the gateway's tools and tells of them", async () => {
    provider.script(json(response('resp_1', call('math__add'))), json(response('resp_2', text('It is 5.'))));
    const answer = await client.responses.create({ model: 'gpt-test', input: 'add', tools: [mcp] });
    expect(answer.output_text).toBe('It is 5.');
    expect(answer.output.map(({ type }) => type)).toEqual(['mcp_list_tools', 'mcp_call', 'message']);
    expect(answer.usage).toMatchObject({ total_tokens: 30, output_tokens_details: { reasoning_tokens: 2 } });
    expect(answer.tools).toEqual([mcp]);
    expect(provider.seen[0]?.json['tools']).toMatchObject([{ type: 'function', name: 'math__add' }]);
    expect(provider.seen[1]?.json['input']).toEqual([
      { role: 'user', content: 'add' },
      call('math__add'),
      { type: 'function_call_output', call_id: 'call_math__add', output: '5' },
    ]);
  });

  it('streams all rounds as one response', async () => {
    provider.script(
      pieces([streamed('resp_1', call('math__add'))]),
      pieces([streamed('resp_2', text('It is 5.'))]),
    );
    const stream = await client.responses.create({
      model: 'gpt-test',
      input: 'add',
      tools: [mcp],
      stream: true,
    });
    const events: Item[] = [];
    for await (const event of stream) events.push(event as unknown as Item);
    expect(events.map((event) => event['sequence_number'])).toEqual(events.map((_event, index) => index));
    expect(events.filter(({ type }) => type === 'response.created')).toHaveLength(1);
    expect(events.some(({ type }) => type === 'response.function_call_arguments.delta')).toBe(false);
    const added = events.filter(({ type }) => type === 'response.output_item.added');
    expect(added.map((event) => [event['output_index'], (event['item'] as Item)['type']])).toEqual([
      [0, 'mcp_list_tools'],
      [1, 'mcp_call'],
      [2, 'message'],
    ]);
    const last = events.at(-1)?.['response'] as { output: Item[]; usage: Item };
    expect(last.output.map(({ type }) => type)).toEqual(['mcp_list_tools', 'mcp_call', 'message']);
    expect(last.usage['total_tokens']).toBe(30);
  });

  it('gives the client its own calls, and the provider all results afterwards', async () => {
    provider.script(json(response('resp_1', call('math__add'), call('own_function'))));
    const answer = await client.responses.create({ model: 'gpt-test', input: 'x', tools: [mcp, own] });
    expect(answer.output.filter(({ type }) => type === 'function_call')).toMatchObject([
      { name: 'own_function' },
    ]);
    expect(called).toEqual(['math__add']);

    provider.otherwise(json(response('resp_3', text('done'))));
    const result = { type: 'function_call_output' as const, call_id: 'call_own_function', output: 'mine' };
    await client.responses.create({
      model: 'gpt-test',
      previous_response_id: answer.id,
      input: [result],
      tools: [mcp, own],
    });
    expect(provider.last.json['input']).toEqual([
      { type: 'function_call_output', call_id: 'call_math__add', output: '5' },
      result,
    ]);

    await post(`${app.url}/v1/responses`, { model: 'gpt-test', input: [...answer.output, result] });
    const kinds = (provider.last.json['input'] as Item[]).map(({ type }) => type);
    expect(kinds.toSorted()).toEqual([
      'function_call',
      'function_call',
      'function_call_output',
      'function_call_output',
    ]);
  });

  it('stops a loop that does not end', async () => {
    provider.otherwise(json(response('resp_1', call('math__add'))));
    const answer = await client.responses.create({ model: 'gpt-test', input: 'x', tools: [mcp] });
    expect(answer.status).toBe('incomplete');
    expect(answer.output_text).toContain('3 rounds');
    expect(provider.seen).toHaveLength(3);
  });

  it('ends a failed or cut stream in an error the client raises', async () => {
    provider.script(pieces([streamed('resp_1', text('a')).slice(0, 400)], { cut: true, pauseMs: 20 }));
    const stream = await client.responses.create({
      model: 'gpt-test',
      input: 'x',
      tools: [mcp],
      stream: true,
    });
    await expect(
      (async () => {
        for await (const event of stream) expect(event).toHaveProperty('type');
      })(),
    ).rejects.toThrow(/broke off|connection/);
  });
});
