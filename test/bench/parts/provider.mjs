import { LAST_CHUNK, chunk, sendJson, streamHead } from './replies.mjs';

/** A mock of an OpenAI-compatible provider: answers the last message's text, whole or as STREAM_CHUNKS chunks. */
export const STREAM_CHUNKS = 500;

const common = '"id":"chatcmpl-bench","created":1700000000,"model":"bench"';

export function complete(socket, request) {
  const prompt = String(request.messages.at(-1).content);
  if (request.stream === true) stream(socket, prompt);
  else sendJson(socket, completion(prompt));
}

const completion = (text) =>
  `{${common},"object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant",` +
  `"content":${JSON.stringify(text)}},"finish_reason":"stop"}],` +
  '"usage":{"prompt_tokens":20,"completion_tokens":20,"total_tokens":40}}';

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
