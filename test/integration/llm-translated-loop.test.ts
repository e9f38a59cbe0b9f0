import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';

import type { CompletionTools } from '../../src/llm/ports/completion-tools.js';
import { awsEvent } from '../support/aws-event-stream.js';
import { noTools, startLlmApp, type LlmApp } from '../support/llm-app.js';
import { json, MockProvider, pieces, raw, type Reply } from '../support/mock-provider.js';
import { translatedModels } from '../support/translated-models.js';

const called: string[] = [];
const tools: CompletionTools = {
  ...noTools,
  list: () =>
    Promise.resolve([
      {
        name: 'math__add',
        upstream: 'math',
        upstreamTool: 'add',
        description: 'Adds',
        inputSchema: { type: 'object', properties: { a: { type: 'number' }, b: { type: 'number' } } },
      },
    ]),
  call: (_principal, { name, argumentsJson }) => {
    called.push(`${name} ${argumentsJson}`);
    return Promise.resolve({ json: JSON.stringify({ content: [{ type: 'text', text: '7' }] }), costUsd: 0 });
  },
};

let provider: MockProvider;
let app: LlmApp;
let client: OpenAI;

beforeAll(async () => {
  provider = await MockProvider.start();
  app = await startLlmApp({
    tools,
    models: translatedModels(provider),
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

const asked = {
  messages: [{ role: 'user' as const, content: 'What is 3 + 4?' }],
  tools: [
    { type: 'mcp', server_label: 'own', server_url: 'litellm_proxy', require_approval: 'never' },
  ] as unknown as OpenAI.ChatCompletionTool[],
};
const numbers = { a: 3, b: 4 };

function message(content: unknown[], stop: string): Reply {
  const usage = { input_tokens: 10, output_tokens: 5 };
  return json({
    id: 'msg',
    type: 'message',
    role: 'assistant',
    model: 'c',
    content,
    stop_reason: stop,
    usage,
  });
}

function streamed(block: object, delta: object, stop: string): Reply {
  const usage = { input_tokens: 10, output_tokens: 1 };
  const events = [
    {
      type: 'message_start',
      message: { id: 'm', type: 'message', role: 'assistant', model: 'c', content: [], usage },
    },
    { type: 'content_block_start', index: 0, content_block: block },
    { type: 'content_block_delta', index: 0, delta },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: stop, stop_sequence: null }, usage: { output_tokens: 5 } },
    { type: 'message_stop' },
  ];
  return pieces(events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`));
}

describe('a tool loop through anthropic', () => {
  const toolResult = {
    messages: [
      { role: 'user' },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'tu_1', name: 'math__add', input: numbers }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'tu_1', content: '7' }] },
    ],
  };

  it('runs what the model calls and gives the final answer', async () => {
    provider.script(
      message([{ type: 'tool_use', id: 'tu_1', name: 'math__add', input: numbers }], 'tool_use'),
      message([{ type: 'text', text: 'It is 7.' }], 'end_turn'),
    );
    const answer = await client.chat.completions.create({ model: 'claude', ...asked });
    expect(answer.choices).toMatchObject([{ message: { content: 'It is 7.' }, finish_reason: 'stop' }]);
    expect(answer.usage).toMatchObject({ prompt_tokens: 20, completion_tokens: 10, total_tokens: 30 });
    expect(called).toEqual(['math__add {"a":3,"b":4}']);
    expect(provider.seen[0]?.json).toMatchObject({ tools: [{ name: 'math__add', description: 'Adds' }] });
    expect(provider.seen[1]?.json).toMatchObject(toolResult);
    expect(app.usage.reports).toHaveLength(2);
  });

  it('streams all rounds as one answer', async () => {
    provider.script(
      streamed(
        { type: 'tool_use', id: 'tu_1', name: 'math__add', input: {} },
        { type: 'input_json_delta', partial_json: JSON.stringify(numbers) },
        'tool_use',
      ),
      streamed({ type: 'text', text: '' }, { type: 'text_delta', text: 'It is 7.' }, 'end_turn'),
    );
    const answer = await client.chat.completions.stream({ model: 'claude', ...asked }).finalChatCompletion();
    expect(answer.choices).toMatchObject([{ message: { content: 'It is 7.' }, finish_reason: 'stop' }]);
    expect(called).toEqual(['math__add {"a":3,"b":4}']);
    expect(provider.seen[1]?.json).toMatchObject(toolResult);
    expect(app.usage.reports).toMatchObject([
      { inputTokens: 10, outputTokens: 5 },
      { inputTokens: 10, outputTokens: 5 },
    ]);
  });
});

it("a tool loop through bedrock's own event stream", async () => {
  const stream = (...events: [string, unknown][]): Reply =>
    raw(Buffer.concat(events.map(([type, payload]) => awsEvent(type, payload))), 200, {
      'Content-Type': 'application/vnd.amazon.eventstream',
    });
  const usage: [string, unknown] = [
    'metadata',
    { usage: { inputTokens: 10, outputTokens: 5, totalTokens: 15 } },
  ];
  provider.script(
    stream(
      ['messageStart', { role: 'assistant' }],
      [
        'contentBlockStart',
        { contentBlockIndex: 0, start: { toolUse: { toolUseId: 'tu_1', name: 'math__add' } } },
      ],
      ['contentBlockDelta', { contentBlockIndex: 0, delta: { toolUse: { input: JSON.stringify(numbers) } } }],
      ['contentBlockStop', { contentBlockIndex: 0 }],
      ['messageStop', { stopReason: 'tool_use' }],
      usage,
    ),
    stream(
      ['messageStart', { role: 'assistant' }],
      ['contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'It is 7.' } }],
      ['contentBlockStop', { contentBlockIndex: 0 }],
      ['messageStop', { stopReason: 'end_turn' }],
      usage,
    ),
  );
  const answer = await client.chat.completions
    .stream({ model: 'bedrock', ...asked, stream_options: { include_usage: true } })
    .finalChatCompletion();
  expect(answer.choices).toMatchObject([{ message: { content: 'It is 7.' }, finish_reason: 'stop' }]);
  expect(answer.usage).toMatchObject({ prompt_tokens: 20, completion_tokens: 10 });
  expect(called).toEqual(['math__add {"a":3,"b":4}']);
  expect(provider.last.json).toMatchObject({
    messages: [
      { role: 'user' },
      { role: 'assistant' },
      { role: 'user', content: [{ toolResult: { toolUseId: 'tu_1' } }] },
    ],
  });
});
