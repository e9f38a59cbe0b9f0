import { describe, expect, it } from '@jest/globals';

import { callOpenAITool, loadMcpTools } from '../../../src/sdk/index.js';

/** A session whose pages are given; remembers the cursors it was asked with. */
function sessionOf(pages: Readonly<Record<string, { tools: { name: string }[]; nextCursor?: string }>>) {
  const asked: (string | undefined)[] = [];
  return {
    asked,
    listTools: (params?: {
      cursor?: string;
    }): Promise<{ tools: { name: string }[]; nextCursor?: string }> => {
      asked.push(params?.cursor);
      return Promise.resolve(pages[params?.cursor ?? ''] ?? { tools: [] });
    },
  };
}

describe('loadMcpTools', () => {
  const [a, b, c] = [{ name: 'a' }, { name: 'b' }, { name: 'c' }];

  it('gives the tools as MCP has them', async () => {
    const session = sessionOf({ '': { tools: [a, b] } });
    expect(await loadMcpTools(session)).toEqual([a, b]);
    expect(await loadMcpTools(session, { format: 'mcp' })).toEqual([a, b]);
    expect(session.asked).toEqual([undefined, undefined]);
  });

  it('gives them as OpenAI and Anthropic want them', async () => {
    const session = sessionOf({ '': { tools: [a] } });
    const parameters = { type: 'object', properties: {} };
    const called = { name: 'a', description: '', parameters, strict: false };
    expect(await loadMcpTools(session, { format: 'openai' })).toEqual([
      { type: 'function', function: called },
    ]);
    expect(await loadMcpTools(session, { format: 'openai_responses' })).toEqual([
      { type: 'function', ...called },
    ]);
    expect(await loadMcpTools(session, { format: 'anthropic' })).toEqual([
      { name: 'a', description: '', input_schema: parameters },
    ]);
  });

  it('follows pages', async () => {
    const session = sessionOf({
      '': { tools: [a], nextCursor: '1' },
      1: { tools: [b], nextCursor: '2' },
      2: { tools: [c] },
    });
    expect(await loadMcpTools(session)).toEqual([a, b, c]);
    expect(session.asked).toEqual([undefined, '1', '2']);
  });

  it('ends when a cursor comes again', async () => {
    const session = sessionOf({ '': { tools: [a], nextCursor: '1' }, 1: { tools: [b], nextCursor: '1' } });
    expect(await loadMcpTools(session)).toEqual([a, b]);
  });

  it('ends after a hundred pages', async () => {
    let page = 0;
    const endless = { listTools: () => Promise.resolve({ tools: [a], nextCursor: String(++page) }) };
    expect(await loadMcpTools(endless)).toHaveLength(100);
  });

  it('rejects as the session does', async () => {
    const broken = { listTools: () => Promise.reject(new Error('gone')) };
    await expect(loadMcpTools(broken)).rejects.toThrow('gone');
  });
});

describe('callOpenAITool', () => {
  const session = { callTool: (params: unknown) => Promise.resolve({ isError: true, params }) };

  it('calls, and hands the result over as it is', async () => {
    const openaiTool = { id: 'c', type: 'function', function: { name: 'add', arguments: '{"a":1}' } };
    expect(await callOpenAITool(session, { openaiTool })).toEqual({
      isError: true,
      params: { name: 'add', arguments: { a: 1 } },
    });
  });

  it('rejects a call without a function before anything is asked', async () => {
    await expect(callOpenAITool(session, { openaiTool: {} })).rejects.toThrow(TypeError);
  });
});
