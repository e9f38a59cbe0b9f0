import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import { setTimeout as sleep } from 'node:timers/promises';

import { GatewayError } from '../../src/core/errors.js';
import type {
  CompletionTool,
  CompletionToolResult,
  CompletionTools,
} from '../../src/llm/ports/completion-tools.js';
import { deployment, post, startLlmApp, type LlmApp } from '../support/llm-app.js';
import { completion, failure, MockProvider, silence } from '../support/mock-provider.js';

const messages = [{ role: 'user', content: 'Hi' }];
const never = { type: 'mcp', server_label: 'own', server_url: 'litellm_proxy', require_approval: 'never' };

function tool(upstream: string, name: string, separator = '__'): CompletionTool {
  const inputSchema = { type: 'object', properties: { x: { type: 'number' } } };
  return {
    name: `${upstream}${separator}${name}`,
    upstream,
    upstreamTool: name,
    description: `${name}!`,
    inputSchema,
  };
}

const longName = 'long'.repeat(20);

/** Three upstreams: one works, one fails, one may not be used; every call takes a while, to see them overlap. */
class ThreeUpstreams implements CompletionTools {
  readonly calls: { name: string; argumentsJson: string }[] = [];
  readonly refused: string[] = [];
  readonly scopes: (readonly string[] | null)[] = [];
  mostAtOnce = 0;
  waitMs = 30;
  #running = 0;
  tools = [
    tool('math', 'add'),
    tool('mail', 'send'),
    tool('hr', 'fire'),
    tool('dots', 'a.b'),
    tool(longName, 'x'),
  ];

  list(_principal: unknown, scope: readonly string[] | null): Promise<readonly CompletionTool[]> {
    this.scopes.push(scope);
    if (scope?.includes('nowhere') === true) return Promise.reject(new GatewayError('NOT_FOUND'));
    return Promise.resolve(this.tools.filter(({ upstream }) => scope === null || scope.includes(upstream)));
  }

  async call(
    _principal: unknown,
    call: { name: string; argumentsJson: string },
    { signal }: { signal: AbortSignal },
  ): Promise<CompletionToolResult> {
    this.calls.push(call);
    this.#running += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#running);
    await sleep(this.waitMs, undefined, { signal }).catch(() => undefined);
    this.#running -= 1;
    if (signal.aborted) throw new GatewayError('CANCELLED');
    if (call.name === 'mail__send') throw new GatewayError('UPSTREAM_UNAVAILABLE', { upstream: 'mail' });
    if (call.name === 'hr__fire') throw new GatewayError('UNKNOWN_TOOL', { tool: 'hr__fire' });
    const json = JSON.stringify({ content: [{ type: 'text', text: `${call.name} says 5` }] });
    return { json, costUsd: 0.25 };
  }

  refuse(_principal: unknown, { name }: { name: string }): GatewayError {
    this.refused.push(name);
    return new GatewayError('UNKNOWN_TOOL', { tool: name });
  }
}

interface Answer {
  choices: { message: Record<string, unknown> & { content: string }; finish_reason: string }[];
  usage: Record<string, number>;
  toolgate: {
    rounds: number;
    cost: number;
    output: Record<string, unknown>[];
    stopped?: { reason: string; message: string };
  };
}

interface Chunk {
  choices: { delta: Record<string, unknown>; finish_reason: string | null }[];
  usage?: Record<string, number>;
  toolgate?: Partial<Answer['toolgate']>;
}

let provider: MockProvider;
let app: LlmApp;
let tools: ThreeUpstreams;

const upstreamTools: CompletionTools = {
  list: (...asked) => tools.list(...asked),
  call: (...asked) => tools.call(...asked),
  refuse: (principal, call) => tools.refuse(principal, call),
};

beforeAll(async () => {
  provider = await MockProvider.start();
  app = await startLlmApp({
    tools: upstreamTools,
    limits: { maxToolRounds: 4, maxToolLoopMs: 2_000, heartbeatMs: 50 },
    models: [deployment({ apiBase: provider.base, maxRetries: 0, timeoutMs: 10_000 })],
  });
});
beforeEach(() => {
  tools = new ThreeUpstreams();
  provider.reset();
  app.usage.reports.length = 0;
});
afterEach(() => {
  app.usage.refuseAfter = Number.POSITIVE_INFINITY;
});
afterAll(async () => {
  await app.close();
  await provider.close();
});

const ask = (more: Record<string, unknown> = {}): Promise<Response> =>
  post(`${app.url}/v1/chat/completions`, { model: 'gpt-test', messages, tools: [never], ...more });
const askWhole = async (more: Record<string, unknown> = {}): Promise<Answer> => {
  const response = await ask(more);
  expect(response.status).toBe(200);
  return (await response.json()) as Answer;
};
const calls = (...names: string[]): ReturnType<typeof completion> =>
  completion({ toolCalls: names.map((name) => ({ name, arguments: '{"x":1}' })) });
const sent = (index: number): Record<string, unknown> & { messages: Record<string, unknown>[] } =>
  provider.seen[index]?.json as Record<string, unknown> & { messages: Record<string, unknown>[] };
const offeredNames = (index: number): string[] =>
  ((sent(index)['tools'] ?? []) as { function: { name: string } }[]).map(({ function: { name } }) => name);

describe("a completion with the gateway's tools", () => {
  it('runs calls on three upstreams at once, one failing, one forbidden, and gives the final answer', async () => {
    provider.script(calls('math__add', 'mail__send', 'hr__fire'), completion({ content: 'It is 5.' }));
    const answer = await askWhole();
    expect(answer.choices[0]).toMatchObject({ message: { content: 'It is 5.' }, finish_reason: 'stop' });
    expect(answer.choices[0]?.message).not.toHaveProperty('tool_calls');
    expect(tools.mostAtOnce).toBe(3);
    expect(sent(1).messages.slice(1)).toEqual([
      expect.objectContaining({ role: 'assistant', tool_calls: expect.any(Array) }),
      { role: 'tool', tool_call_id: 'call_math__add_0', content: 'math__add says 5' },
      { role: 'tool', tool_call_id: 'call_mail__send_1', content: 'Error: Upstream mail is unavailable.' },
      { role: 'tool', tool_call_id: 'call_hr__fire_2', content: 'Error: Unknown tool: hr__fire' },
    ]);
  });

  it('says which tools ran, and counts all rounds', async () => {
    provider.script(calls('math__add', 'mail__send'), completion({ content: 'done' }));
    const answer = await askWhole();
    expect(answer.usage).toMatchObject({ prompt_tokens: 20, completion_tokens: 10, total_tokens: 30 });
    expect(app.usage.reports).toHaveLength(2);
    // The call that failed costs nothing.
    expect(answer.toolgate).toMatchObject({ rounds: 2, cost: 0.25 });
    expect(answer.toolgate.output).toEqual([
      expect.objectContaining({
        type: 'mcp_list_tools',
        id: expect.stringMatching(/^mcpl_/),
        server_label: 'own',
        tools: expect.any(Array),
      }),
      expect.objectContaining({
        type: 'mcp_call',
        name: 'math__add',
        arguments: '{"x":1}',
        output: 'math__add says 5',
        error: null,
      }),
      expect.objectContaining({
        type: 'mcp_call',
        name: 'mail__send',
        output: null,
        error: 'Upstream mail is unavailable.',
      }),
    ]);
  });

  it('offers names that every model takes, and maps them back', async () => {
    provider.script((response, request) => {
      const offered = (request.json['tools'] as { function: { name: string } }[]).map(
        (entry) => entry.function.name,
      );
      return calls(...offered.filter((name) => !name.startsWith('m')))(response, request);
    });
    await askWhole();
    const names = offeredNames(0);
    expect(names).toHaveLength(5);
    for (const name of names) expect(name).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
    expect(tools.calls.map(({ name }) => name)).toEqual(['hr__fire', 'dots__a.b', `${longName}__x`]);
  });

  it('keeps apart 100 tools that would be offered by the same name', async () => {
    tools.tools = Array.from({ length: 100 }, (_, index) => tool('many', `${'.'.repeat(index)}x`));
    tools.tools = tools.tools.map((entry, index) => ({ ...entry, name: `${'n'.repeat(70)}${index}` }));
    const twice = [...tools.tools, ...tools.tools];
    tools.tools = twice;
    await askWhole();
    expect(new Set(offeredNames(0)).size).toBe(100);
    expect(offeredNames(0)).toHaveLength(100);
  });

  it('narrows to upstreams and allowed tools', async () => {
    await askWhole({ tools: [{ ...never, server_url: 'toolgate/mcp/math,mail', allowed_tools: ['se*'] }] });
    expect(tools.scopes).toEqual([['math', 'mail']]);
    expect(offeredNames(0)).toEqual(['mail__send']);
    expect((await ask({ tools: [{ ...never, server_url: 'toolgate/mcp/nowhere' }] })).status).toBe(404);
  });

  it('leaves tools out of the request when there is none', async () => {
    await askWhole({ tools: [{ ...never, allowed_tools: [] }], tool_choice: 'auto' });
    expect(sent(0)).not.toHaveProperty('tools');
    expect(sent(0)).not.toHaveProperty('tool_choice');
  });

  it('tells the model of arguments that are not JSON and of tools it made up', async () => {
    provider.script(
      completion({
        toolCalls: [
          { name: 'math__add', arguments: '{"x":' },
          { name: 'made_up', arguments: '' },
        ],
      }),
      completion({ content: 'sorry' }),
    );
    const answer = await askWhole();
    expect({ called: tools.calls, refused: tools.refused }).toEqual({ called: [], refused: ['made_up'] });
    const contents = sent(1)
      .messages.slice(2)
      .map(({ content }) => content);
    expect(contents).toEqual([
      'Error: The arguments are not a JSON object. Send one.',
      'Error: Unknown tool: made_up',
    ]);
    expect(answer.choices[0]?.message.content).toBe('sorry');
  });

  it('takes empty arguments for an empty object', async () => {
    provider.script(completion({ toolCalls: [{ name: 'math__add', arguments: '' }] }));
    await askWhole();
    expect(tools.calls).toEqual([{ name: 'math__add', argumentsJson: '{}' }]);
  });

  it('does not force a tool for ever', async () => {
    provider.script(calls('math__add'));
    await askWhole({ tool_choice: { type: 'mcp', server_label: 'own', name: 'math__add' } });
    expect(sent(0)['tool_choice']).toEqual({ type: 'function', function: { name: 'math__add' } });
    expect(sent(1)['tool_choice']).toBe('auto');
  });

  it('keeps the rest of the request byte for byte', async () => {
    await post(
      `${app.url}/v1/chat/completions`,
      `{"seed":12345678901234567890,"model":"gpt-test","messages":[{"role":"user", "content":"\\u00e9"}],"tools":[${JSON.stringify(never)}]}`,
    );
    const body = provider.last.body.toString();
    expect(body).toContain('"seed":12345678901234567890,');
    expect(body).toContain('[{"role":"user", "content":"\\u00e9"}]');
  });

  it("passes a provider's error on", async () => {
    provider.script(calls('math__add'), failure(400, 'too long'));
    const response = await ask();
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('too long');
  });
});

describe("calls that are the client's", () => {
  const own = { type: 'function', function: { name: 'own_function', parameters: { type: 'object' } } };

  it('go back without require_approval: "never"', async () => {
    provider.script(calls('math__add'));
    const answer = await askWhole({ tools: [{ ...never, require_approval: undefined }] });
    expect(tools.calls).toHaveLength(0);
    expect(answer.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: { tool_calls: [{ function: { name: 'math__add', arguments: '{"x":1}' } }] },
    });
  });

  it("go back beside the gateway's, whose results travel in the message", async () => {
    provider.script(calls('math__add', 'own_function'), completion({ content: 'both' }));
    const answer = await askWhole({ tools: [never, own] });
    const message = answer.choices[0]?.message;
    expect(answer.choices[0]?.finish_reason).toBe('tool_calls');
    expect(message).toMatchObject({ tool_calls: [{ function: { name: 'own_function' } }] });
    expect(tools.calls).toHaveLength(1);

    const result = { role: 'tool', tool_call_id: 'call_own_function_1', content: 'mine' };
    await askWhole({ tools: [never, own], messages: [...messages, message, result] });
    expect(tools.calls).toHaveLength(1);
    expect(sent(1).messages.slice(1)).toEqual([
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          expect.objectContaining({ id: 'call_own_function_1' }),
          expect.objectContaining({ id: 'call_math__add_0' }),
        ],
      },
      { role: 'tool', tool_call_id: 'call_math__add_0', content: 'math__add says 5' },
      result,
    ]);
  });

  it("never collide with the gateway's", async () => {
    const clash = { type: 'function', function: { name: 'math__add' } };
    provider.script(calls('math__add'));
    const answer = await askWhole({ tools: [clash, { ...never, allowed_tools: ['add'] }] });
    expect(new Set(offeredNames(0)).size).toBe(2);
    expect(tools.calls).toHaveLength(0);
    expect(answer.choices[0]?.finish_reason).toBe('tool_calls');
  });
});

describe('a loop that does not end by itself', () => {
  it('stops after the rounds that are allowed', async () => {
    provider.otherwise(calls('math__add'));
    const answer = await askWhole();
    expect(provider.seen).toHaveLength(4);
    expect(tools.calls).toHaveLength(3);
    expect(answer.choices[0]).toMatchObject({
      finish_reason: 'length',
      message: { content: expect.stringContaining('4 rounds') },
    });
    expect(answer.choices[0]?.message).not.toHaveProperty('tool_calls');
    expect(answer.toolgate).toMatchObject({ rounds: 4, stopped: { reason: 'max_rounds' } });
  });

  it('stops when the budget runs out in the middle, and says so', async () => {
    app.usage.refuseAfter = 2;
    provider.otherwise(calls('math__add'));
    const answer = await askWhole();
    expect(provider.seen).toHaveLength(2);
    expect(answer.choices[0]?.message.content).toContain('budget of this key is used up until tomorrow');
    expect(answer.toolgate.stopped?.reason).toBe('budget_exceeded');
    expect(answer.usage).toMatchObject({ total_tokens: 30 });
  });

  it('stops when the time is over, in a tool or in a model', async () => {
    tools.waitMs = 60_000;
    provider.script(calls('math__add'));
    expect((await askWhole()).toolgate.stopped?.reason).toBe('max_time');
    tools.waitMs = 1;
    provider.script(calls('math__add'), silence);
    expect((await askWhole()).toolgate.stopped?.reason).toBe('max_time');
  });
});

describe("a stream with the gateway's tools", () => {
  it('is one answer over all rounds', async () => {
    provider.script(
      completion({ content: 'Let me see. ', toolCalls: [{ name: 'math__add', arguments: '{"x":1}' }] }),
      completion({ content: 'It is 5.' }),
    );
    const text = await (await ask({ stream: true, stream_options: { include_usage: true } })).text();
    const chunks = text
      .split('\n\n')
      .filter((event) => event.startsWith('data: {'))
      .map((event) => JSON.parse(event.slice(6)) as Chunk);
    const deltas = chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta));
    expect(deltas.flatMap(({ content }) => (typeof content === 'string' ? content : [])).join('')).toBe(
      'Let me see. It is 5.',
    );
    expect(deltas.filter(({ role }) => role !== undefined)).toHaveLength(1);
    expect(deltas.every((delta) => !('tool_calls' in delta))).toBe(true);
    expect(
      chunks.flatMap(({ choices }) => choices.map((choice) => choice.finish_reason)).filter(Boolean),
    ).toEqual(['stop']);
    expect(chunks.at(-1)?.usage).toMatchObject({ total_tokens: 30 });
    expect(chunks.flatMap(({ toolgate }) => toolgate?.output ?? []).map(({ type }) => type)).toEqual([
      'mcp_list_tools',
      'mcp_call',
    ]);
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
  });

  it("works with the official client, the client's own calls included", async () => {
    provider.script(calls('math__add', 'own_function'));
    const client = new OpenAI({ apiKey: 'sk-test', baseURL: `${app.url}/v1`, maxRetries: 0 });
    const final = await client.chat.completions
      .stream({
        model: 'gpt-test',
        messages: [{ role: 'user', content: 'Hi' }],
        tools: [never as never, { type: 'function', function: { name: 'own_function', parameters: {} } }],
      })
      .finalChatCompletion();
    expect(final.choices[0]?.finish_reason).toBe('tool_calls');
    expect(final.choices[0]?.message.tool_calls).toMatchObject([
      { function: { name: 'own_function', arguments: '{"x":1}' } },
    ]);
  });

  it('shows signs of life while tools run', async () => {
    tools.waitMs = 200;
    provider.script(calls('math__add'));
    expect(await (await ask({ stream: true })).text()).toContain(': tools are running');
  });

  it('ends in an error event when the provider fails in a later round', async () => {
    provider.script(calls('math__add'), failure(500, 'broken'));
    const text = await (await ask({ stream: true })).text();
    expect(JSON.parse(text.trim().split('\n').at(-1)?.slice(6) ?? '')).toMatchObject({
      error: { message: 'broken' },
    });
  });

  it('stops after the rounds that are allowed, and says so', async () => {
    provider.otherwise(calls('math__add'));
    const text = await (await ask({ stream: true })).text();
    expect(text).toContain('"finish_reason":"length"');
    expect(text).toContain('"reason":"max_rounds"');
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
  });

  it('cancels the tools at once when the client leaves', async () => {
    tools.waitMs = 60_000;
    provider.script(calls('math__add'));
    const leave = new AbortController();
    const response = post(
      `${app.url}/v1/chat/completions`,
      { model: 'gpt-test', messages, tools: [never], stream: true },
      { signal: leave.signal },
    ).then((answer) => answer.text());
    while (tools.calls.length === 0) await sleep(5);
    const outcomes = app.usage.outcomes.length;
    leave.abort();
    await expect(response).rejects.toThrow();
    const deadline = Date.now() + 1_000;
    while (app.usage.outcomes.length === outcomes && Date.now() < deadline) await sleep(5);
    expect(app.usage.outcomes.at(-1)).toBe('cancelled');
  });
});
