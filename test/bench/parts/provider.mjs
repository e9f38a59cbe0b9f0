import { LAST_CHUNK, chunk, sendJson, streamHead } from './replies.mjs';

/**
 * A mock of an OpenAI-compatible provider: answers the last message's text, whole or as STREAM_CHUNKS chunks. Offered
 * tools, it has the first one called with a user's text and answers what that answered.
 */
export const STREAM_CHUNKS = 500;

const common = '"id":"chatcmpl-bench","created":1700000000,"model":"bench"';

export function complete(socket, request) {
  const { role, content } = request.messages.at(-1);
  const prompt = String(content);
  const [tool] = request.tools ?? [];
  if (request.stream === true) stream(socket, prompt);
  else if (tool !== undefined && role === 'user') sendJson(socket, toolCall(tool.function.name, prompt));
  else sendJson(socket, completion(prompt));
}

const answered = (message, finish) =>
  `{${common},"object":"chat.completion","choices":[{"index":0,"message":${message},"finish_reason":"${finish}"}],` +
  '"usage":{"prompt_tokens":20,"completion_tokens":20,"total_tokens":40}}';

const completion = (text) => answered(`{"role":"assistant","content":${JSON.stringify(text)}}`, 'stop');

const toolCall = (name, message) =>
  answered(
    JSON.stringify({
      role: 'assistant',
      content: null,
      tool_calls: [
        { id: 'call_1', type: 'function', function: { name, arguments: JSON.stringify({ message }) } },
      ],
    }),
    'tool_calls',
  );

const delta = (content, finish) =>
  `data: {${common},"object":"chat.completion.chunk","choices":[{"index":0,"delta":${content},"finish_reason":${finish}}]}\n\n`;

/** The prompt's text first, then a word a chunk; one chunk a turn of the event loop, as tokens come. */
function stream(socket, prompt) {
  socket.write(streamHead('') + chunk(delta(JSON.stringify({ role: 'assistant', content: prompt }), 'null')));
  let sent = 1;
  const next = () => {
    if (socket.destroyed) return;
    if (sent === STREAM_CHUNKS) {
      socket.write(chunk(delta('{}', '"stop"')) + chunk('data: [DONE]\n\n') + LAST_CHUNK);
      return;
    }
    sent += 1;
    socket.write(chunk(delta('{"content":" word"}', 'null')));
    setImmediate(next);
  };
  setImmediate(next);
}

export const streamedText = (prompt) => prompt + ' word'.repeat(STREAM_CHUNKS - 1);
