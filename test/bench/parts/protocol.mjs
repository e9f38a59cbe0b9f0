import { payloadText, toolsOf } from './tools.mjs';

/** What the upstream answers: JSON-RPC methods and the tools behind tools/call, as JSON text made once where it can be. */
const MODERN = 'io.modelcontextprotocol/protocolVersion';

const remember = (make) => {
  const made = new Map();
  return (key) => {
    let value = made.get(key);
    if (value === undefined) made.set(key, (value = make(key)));
    return value;
  };
};

export const toolList = remember((count) => JSON.stringify({ tools: toolsOf(count) }));
const modernToolList = remember((count) =>
  JSON.stringify({ tools: toolsOf(count), resultType: 'complete', ttlMs: 60_000, cacheScope: 'private' }),
);
const payloadResult = remember((size) =>
  JSON.stringify({ content: [{ type: 'text', text: payloadText(size) }] }),
);
const textResult = (text) => `{"content":[{"type":"text","text":${JSON.stringify(text)}}]}`;

/** @param answer takes the result's JSON text @param notify takes a notification's JSON text */
export function callTool(params, answer, notify) {
  const given = params.arguments ?? {};
  switch (params.name) {
    case 'echo':
      return answer(textResult(String(given.message ?? '')));
    case 'payload':
      return answer(payloadResult(Number(given.size) || 100));
    case 'sleep':
      return setTimeout(() => answer(textResult('slept')), Number(given.ms) || 20);
    case 'progress':
      return reportProgress(
        Number(given.n) || 10,
        Number(given.ms) || 0,
        params._meta?.progressToken,
        answer,
        notify,
      );
    default:
      return answer(textResult('ok'));
  }
}

function reportProgress(total, pauseMs, token, answer, notify) {
  let done = 0;
  const step = () => {
    if (done === total) return answer(textResult('done'));
    done += 1;
    if (token !== undefined) {
      const params = `{"progressToken":${JSON.stringify(token)},"progress":${done},"total":${total},"message":"step"}`;
      notify(`{"jsonrpc":"2.0","method":"notifications/progress","params":${params}}`);
    }
    return pauseMs > 0 ? setTimeout(step, pauseMs) : setImmediate(step);
  };
  step();
}

const completed = (result) => `${result.slice(0, -1)},"resultType":"complete"}`;

/**
 * @param toolCount how many tools this address lists
 * @param emit `(messageStart, result)`: the message is `messageStart + result + '}'`, or `messageStart` alone
 */
export function dispatch(message, toolCount, emit, notify) {
  const id = JSON.stringify(message.id);
  const answer = (result) => emit(`{"jsonrpc":"2.0","id":${id},"result":`, result);
  const isModern = message.params?._meta?.[MODERN] !== undefined;
  switch (message.method) {
    case 'initialize':
      return answer(
        JSON.stringify({
          protocolVersion: message.params?.protocolVersion ?? '2025-06-18',
          capabilities: { tools: { listChanged: true } },
          serverInfo: { name: 'bench-upstream', version: '1.0.0' },
        }),
      );
    case 'tools/list':
      return answer(isModern ? modernToolList(toolCount) : toolList(toolCount));
    case 'tools/call':
      return callTool(
        message.params ?? {},
        isModern ? (result) => answer(completed(result)) : answer,
        notify,
      );
    case 'ping':
      return answer('{}');
    case 'prompts/list':
      return answer('{"prompts":[]}');
    case 'resources/list':
      return answer('{"resources":[]}');
    case 'resources/templates/list':
      return answer('{"resourceTemplates":[]}');
    default:
      return emit(`{"jsonrpc":"2.0","id":${id},"error":{"code":-32601,"message":"method not found"}}`);
  }
}
