import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { underToken } from '../../../src/mcp/call-params.js';
import { ClientRequests } from '../../../src/mcp/client-requests.js';
import { parseBody, type RpcResponse } from '../../../src/mcp/rpc-message.js';

function responseOf(id: unknown, member: object): RpcResponse | null {
  const [message] = parseBody(Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, ...member }))).messages;
  return message?.kind === 'response' ? message : null;
}

/** One client with questions open, under ids that each client has its own of. */
class AskedClient {
  readonly requests = new ClientRequests();
  readonly ids: string[] = [];
  readonly answers: (string | null)[] = [];

  ask(count: number): void {
    for (let i = 0; i < count; i++) {
      this.answers.push(null);
      const asked = this.requests.ask('roots/list', '{}', new AbortController().signal, (message) => {
        this.ids.push((JSON.parse(message) as { id: string }).id);
        return true;
      });
      asked.then(
        (answer) => (this.answers[i] = answer),
        () => (this.answers[i] = 'refused'),
      );
    }
  }
}

const questions = 3;
const anyStep = fc.record({
  client: fc.nat({ max: 1 }),
  question: fc.nat({ max: questions - 1 }),
  how: fc.constantFrom('result', 'error', 'foreign', 'number', 'unknown'),
});

describe('questions to clients', () => {
  test('each gets the first answer of the client that was asked, and no other', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { maxLength: 30 }), async (steps) => {
        const clients = [new AskedClient(), new AskedClient()] as const;
        const expected = clients.map(() => Array.from<string | null>({ length: questions }).fill(null));
        for (const client of clients) client.ask(questions);
        for (const [step, { client, question, how }] of steps.entries()) {
          const asked = clients[client === 0 ? 0 : 1];
          const other = clients[client === 0 ? 1 : 0];
          const answer = { result: { step } };
          const own = asked.ids[question];
          const id = {
            result: own,
            error: own,
            foreign: other.ids[question],
            number: question,
            unknown: `toolgate-${step}`,
          }[how];
          const response = responseOf(id, how === 'error' ? { error: { code: 1, message: 'no' } } : answer);
          if (response !== null) asked.requests.answered(response);
          const ends = expected[client] ?? [];
          if (how === 'result') ends[question] ??= JSON.stringify(answer.result);
          if (how === 'error') ends[question] ??= 'refused';
        }
        await new Promise(setImmediate);
        expect(clients.map(({ answers }) => answers)).toEqual(expected);
      }),
    );
  });

  test('no two clients are asked under the same ids', () => {
    const clients = Array.from({ length: 50 }, () => new AskedClient());
    for (const client of clients) client.ask(questions);
    const ids = clients.flatMap((client) => client.ids);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

test('progress goes out under the very token the client chose, whatever it is', () => {
  const token = fc.oneof(fc.string(), fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }));
  fc.assert(
    fc.property(token, fc.dictionary(fc.string(), fc.jsonValue()), (chosen, params) => {
      delete params['progressToken'];
      const told = JSON.parse(underToken(JSON.stringify(params), chosen)) as unknown;
      expect(told).toEqual(JSON.parse(JSON.stringify({ ...params, progressToken: chosen })));
    }),
  );
});
