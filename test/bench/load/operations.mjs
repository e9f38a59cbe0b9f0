import { payloadText } from '../parts/tools.mjs';
import { streamedText } from '../parts/provider.mjs';
import { AnswerCheck } from './answers.mjs';

/**
 * What a client does over and over, and how its answer is judged. Each is made once a job and answers
 * `perform(client, worker, done)`, with `done(fault | null, bytes)` and `worker = { number, turn }`.
 */
const PADDING = 'x'.repeat(80);

const say = (what) => String(what).slice(0, 200);

const judgeText = (result, expected) => {
  if (result?.isError === true) return `isError: ${say(JSON.stringify(result.content))}`;
  const text = result?.content?.[0]?.text;
  return text === expected ? null : `expected the text ${say(expected)}, got ${say(JSON.stringify(result))}`;
};

const judged = (check, done, expected) => (error, answer, id) => {
  if (error) done(error.message, 0);
  else done(check.fault(answer, id, expected), answer.bytes.length);
};

/** A different message in every call: an answer that went to the wrong caller is a wrong answer. */
function echo({ tools }) {
  const check = new AnswerCheck(judgeText);
  return (client, worker, done) => {
    const message = `m${worker.number}-${worker.turn}-${PADDING}`;
    client.callTool(
      tools[worker.turn % tools.length],
      `{"message":"${message}"}`,
      judged(check, done, message),
    );
  };
}

function payload({ tools, size }) {
  const check = new AnswerCheck(judgeText);
  const expected = payloadText(size);
  return (client, _worker, done) =>
    client.callTool(tools[0], `{"size":${size}}`, judged(check, done, expected));
}

function sleep({ tools, ms }) {
  const check = new AnswerCheck(judgeText);
  return (client, _worker, done) => client.callTool(tools[0], `{"ms":${ms}}`, judged(check, done, 'slept'));
}

function progress({ tools, count }) {
  const check = new AnswerCheck(judgeText);
  return (client, _worker, done) => {
    let seen = 0;
    const finish = (fault, bytes) =>
      done(fault ?? (seen === count ? null : `${seen} of ${count} notifications`), bytes);
    client.callToolWithProgress(tools[0], `{"n":${count},"ms":0}`, judged(check, finish, 'done'), () => {
      seen += 1;
    });
  };
}

function list({ count }) {
  const check = new AnswerCheck((result) => {
    const names = new Set(result?.tools?.map((tool) => tool.name));
    return names.size === count ? null : `expected ${count} tools, got ${names.size}`;
  });
  return (client, _worker, done) => client.listTools(judged(check, done));
}

function complete() {
  const check = new AnswerCheck((message, expected) =>
    message.choices?.[0]?.message?.content === expected
      ? null
      : `wrong completion ${say(JSON.stringify(message))}`,
  );
  return (client, worker, done) => {
    const prompt = `m${worker.number}-${worker.turn}-${PADDING}`;
    client.complete(prompt, judged(check, done, prompt));
  };
}

function stream() {
  const check = new AnswerCheck(({ text, isComplete }, expected) => {
    if (!isComplete) return 'the stream ended without [DONE]';
    return text === expected ? null : `wrong text of ${text.length} characters, expected ${expected.length}`;
  });
  return (client, worker, done) => {
    const prompt = `m${worker.number}-${worker.turn}`;
    client.stream(prompt, judged(check, done, streamedText(prompt)));
  };
}

export const operations = { echo, payload, sleep, progress, list, complete, stream };
