import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { Toolgate, type OpenAITool } from '../../../src/sdk/index.js';
import { startScripted, type Asked, type Scripted } from './scripted-gateway.js';

const question = { role: 'user', content: 'What is 2 + 3?' };
const tool: OpenAITool = {
  type: 'function',
  function: {
    name: 'demo__add',
    description: '',
    parameters: { type: 'object', properties: {} },
    strict: false,
  },
};
const wants = (id: string, name: string | null, args: string): object => ({
  id,
  type: 'function',
  function: { name, arguments: args },
});
const asks = (...tool_calls: object[]): object => ({ role: 'assistant', content: null, tool_calls });
const says = (content: string): object => ({ role: 'assistant', content });

/** What the model says in turn, and what each tool answers. */
let turns: object[];
let tools: Readonly<Record<string, Scripted>>;
let gateway: Awaited<ReturnType<typeof startScripted>>;
let toolgate: Toolgate;

beforeEach(async () => {
  gateway = await startScripted(({ path, body }) => {
    if (path === '/mcp/tools/list') return { body: { tools: [{ name: 'demo__add', mcp_info: {} }] } };
    if (path === '/v1/chat/completions')
      return { body: { choices: turns.slice(0, 1).map(() => ({ message: turns.shift() })) } };
    return (
      tools[(body as { name: string }).name] ?? {
        status: 404,
        body: { error: { message: 'Unknown tool: x', code: 'unknown_tool' } },
      }
    );
  });
  toolgate = new Toolgate({ url: gateway.url, key: 'sk-12345678' });
});
afterEach(() => gateway.stop());

const completions = (): Record<string, unknown>[] =>
  gateway.asked
    .filter(({ path }: Asked) => path === '/v1/chat/completions')
    .map(({ body }) => body as Record<string, unknown>);

const contentOf = (message: object): unknown => (message as { content?: unknown }).content;

describe('runTools', () => {
  it('asks, calls and asks again until the model has its answer', async () => {
    turns = [asks(wants('c1', 'demo__add', '{"a":2,"b":3}')), says('It is 5.')];
    tools = { demo__add: { body: { content: [{ type: 'text', text: '5' }] } } };
    const result = await toolgate.runTools([question], { model: 'gpt-4o', params: { temperature: 0 } });
    expect(result.message).toEqual(says('It is 5.'));
    expect(result.rounds).toBe(2);
    expect(result.messages).toEqual([
      question,
      asks(wants('c1', 'demo__add', '{"a":2,"b":3}')),
      { role: 'tool', tool_call_id: 'c1', content: '5' },
      says('It is 5.'),
    ]);
    expect(completions()[0]).toMatchObject({
      model: 'gpt-4o',
      temperature: 0,
      stream: false,
      messages: [question],
    });
    expect(completions()[0]?.tools).toMatchObject([{ function: { name: 'demo__add' } }]);
    expect(completions()[1]?.messages).toHaveLength(3);
  });

  it('answers every call of a turn, in order, and tells the model what failed', async () => {
    turns = [
      asks(
        wants('c1', 'demo__add', 'not json'),
        wants('c2', 'demo__gone', '{}'),
        wants('c3', null, '{}'),
        wants('c4', 'demo__bad', '{}'),
      ),
      says('Well.'),
    ];
    tools = {
      demo__add: { body: { content: [{ type: 'text', text: '0' }] } },
      demo__bad: { body: { content: [{ type: 'text', text: 'boom' }], isError: true } },
    };
    const { messages } = await toolgate.runTools([question], { model: 'm', tools: [tool] });
    expect(messages.slice(2, 6)).toMatchObject([
      { tool_call_id: 'c1' },
      { tool_call_id: 'c2' },
      { tool_call_id: 'c3' },
      { tool_call_id: 'c4' },
    ]);
    expect(messages.slice(2, 6).map(contentOf)).toEqual([
      '0',
      'Error: Unknown tool: x',
      'Error: The function of the tool call has no name.',
      'Error: boom',
    ]);
    expect(gateway.asked.some(({ path }) => path === '/mcp/tools/list')).toBe(false);
  });

  it('offers no tools where there are none', async () => {
    turns = [says('Hello.')];
    await toolgate.runTools([question], { model: 'm', tools: [] });
    expect(completions()[0]).not.toHaveProperty('tools');
  });

  it('gives up after its rounds', async () => {
    turns = Array.from({ length: 9 }, () => asks(wants('c', 'demo__add', '{}')));
    tools = { demo__add: { body: { content: [] } } };
    await expect(
      toolgate.runTools([question], { model: 'm', tools: [tool], maxRounds: 3 }),
    ).rejects.toMatchObject({
      code: 'too_many_rounds',
    });
    expect(completions()).toHaveLength(3);
  });

  it('rejects where the key is refused, and where the completion is none', async () => {
    turns = [asks(wants('c1', 'demo__add', '{}'))];
    tools = { demo__add: { status: 401, body: { error: { message: 'Blocked.', code: 'key_blocked' } } } };
    await expect(toolgate.runTools([question], { model: 'm', tools: [tool] })).rejects.toMatchObject({
      code: 'key_blocked',
    });
    turns = [];
    await expect(toolgate.runTools([question], { model: 'm', tools: [tool] })).rejects.toMatchObject({
      code: 'invalid_answer',
    });
  });

  it('stops when it is aborted, telling the model nothing', async () => {
    turns = [asks(wants('c1', 'demo__slow', '{}')), says('Never.')];
    tools = { demo__slow: { body: null } };
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('enough')), 50);
    const run = toolgate.runTools([question], { model: 'm', tools: [tool], signal: controller.signal });
    await expect(run).rejects.toThrow('enough');
    expect(completions()).toHaveLength(1);
  });
});
