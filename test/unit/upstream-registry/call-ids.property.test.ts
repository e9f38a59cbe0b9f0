import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { CallTable } from '../../../src/upstream-registry/connection/call-table.js';
import { Connection } from '../../../src/upstream-registry/connection/connection.js';
import type { PendingCall } from '../../../src/upstream-registry/connection/pending-call.js';
import { ProtocolMemory } from '../../../src/upstream-registry/protocol-memory.js';
import { Redactor } from '../../../src/upstream-registry/redactor.js';
import type { OutgoingRequest, Transport } from '../../../src/upstream-registry/transports/transport.js';
import { remote, upstreamConfig } from '../../support/upstreams/config.js';

/** Takes everything and says nothing: the test says what the upstream sends. */
class SilentTransport implements Transport {
  readonly kind = 'http';
  readonly sent: OutgoingRequest[] = [];

  constructor(readonly hasSharedAnswers: boolean) {}

  open = (): Promise<void> => Promise.resolve();
  established = (): void => undefined;
  listen = (): void => undefined;
  request = (request: OutgoingRequest): void => void this.sent.push(request);
  send = (): Promise<null> => Promise.resolve(null);
  abandon = (): void => undefined;
  close = (): Promise<void> => Promise.resolve();
}

const ignore = (): void => undefined;

/** One connection with calls under way: what each has been told, and how it ended. */
class Subject {
  readonly transport: SilentTransport;
  readonly connection: Connection;
  readonly calls: PendingCall[];
  readonly progress: number[][];
  readonly ends: (string | null)[];

  constructor(name: string, hasSharedAnswers: boolean, count: number) {
    const table = new CallTable(name);
    this.transport = new SilentTransport(hasSharedAnswers);
    this.connection = new Connection({
      upstream: name,
      calls: table,
      peer: {
        answerRequest: () => Promise.resolve('{}'),
        request: () => {
          throw new Error('Nothing is asked again here.');
        },
        onNotification: ignore,
        onListChanged: ignore,
        onInterrupted: ignore,
        onLost: ignore,
        onSuspicion: ignore,
      },
      redactor: new Redactor(upstreamConfig(name, remote('http://upstream.test/mcp'))),
      memory: new ProtocolMemory(),
    });
    this.connection.attach(this.transport);
    this.connection.established('2025-11-25');
    this.progress = Array.from({ length: count }, () => []);
    this.ends = Array.from({ length: count }, () => null);
    this.calls = this.progress.map((told, i) => {
      const call = table.open(
        {
          method: 'tools/call',
          encodeParams: (token) => `{"_meta":{"progressToken":${token}}}`,
          onNotification: ({ paramsJson }) =>
            void told.push((JSON.parse(paramsJson) as { progress: number }).progress),
        },
        { timeoutMs: 60_000 },
        { onCallEnd: ignore },
      );
      call.outcome.then(
        (outcome) => (this.ends[i] = outcome.kind === 'result' ? textOf(outcome.result.chunks) : 'error'),
        () => (this.ends[i] = 'cancelled'),
      );
      this.connection.dispatch(call);
      return call;
    });
    table.close();
  }

  say(message: unknown, streamOf: number): void {
    this.connection.onMessage([Buffer.from(JSON.stringify(message))], streamOf);
  }
}

function textOf(chunks: readonly Uint8Array[]): string {
  return (JSON.parse(Buffer.concat(chunks).toString()) as { text: string }).text;
}

const callCount = 4;
const anyCall = fc.nat({ max: callCount - 1 });
/** A stream: that of one call, or the one that all share. */
const anyStream = fc.oneof(anyCall, fc.constant('shared' as const));
const isOurs = (id: unknown): boolean => Number.isInteger(id) && Number(id) >= 1 && Number(id) <= callCount;
const strangeId = fc
  .oneof(
    fc.string(),
    fc.constant(null),
    fc.double(),
    fc.integer({ max: 0 }),
    fc.integer({ min: callCount + 1 }),
    fc.boolean(),
    fc.jsonValue(),
  )
  .filter((id) => !isOurs(id));

/** What an upstream, or the client, may do next. `side`: on which of the two connections. */
const anyStep = fc.record({
  side: fc.nat({ max: 1 }),
  stream: anyStream,
  act: fc.oneof(
    fc.record({ kind: fc.constant('answer' as const), call: anyCall, isError: fc.boolean() }),
    fc.record({ kind: fc.constant('strange answer' as const), id: strangeId }),
    fc.record({ kind: fc.constant('text answer' as const), call: anyCall }),
    fc.record({ kind: fc.constant('progress' as const), call: anyCall }),
    fc.record({ kind: fc.constant('strange progress' as const), token: strangeId }),
    fc.record({ kind: fc.constant('cancel' as const), call: anyCall }),
  ),
});

/** What must have come of it, worked out beside. */
class Model {
  readonly progress: number[][] = Array.from({ length: callCount }, () => []);
  readonly ends: (string | null)[] = Array.from({ length: callCount }, () => null);

  end(call: number, how: string): void {
    this.ends[call] ??= how;
  }

  tell(call: number, step: number): void {
    if (this.ends[call] === null) this.progress[call]?.push(step);
  }
}

describe.each([
  ['answers come on the request’s own stream', false],
  ['answers come on one stream for all', true],
])('where %s', (_, hasSharedAnswers) => {
  test('each call gets its first answer and its own progress, whatever the upstreams send', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { maxLength: 60 }), async (steps) => {
        const subjects = [0, 1].map((i) => new Subject(`up${i}`, hasSharedAnswers, callCount));
        const models = subjects.map(() => new Model());
        for (const [number, { side, stream, act }] of steps.entries()) {
          const subject = subjects[side] as Subject;
          const model = models[side] as Model;
          const idOf = (call: number): number => subject.calls[call]?.id ?? -1;
          const streamOf = stream === 'shared' ? 0 : idOf(stream);
          const isOnItsStream = (call: number): boolean =>
            stream === 'shared' ? hasSharedAnswers : stream === call;
          const text = `said in step ${number}`;
          switch (act.kind) {
            case 'answer': {
              const answer = act.isError ? { error: { code: 1, message: text } } : { result: { text } };
              subject.say({ jsonrpc: '2.0', id: idOf(act.call), ...answer }, streamOf);
              if (isOnItsStream(act.call)) model.end(act.call, act.isError ? 'error' : text);
              break;
            }
            case 'strange answer':
              subject.say({ jsonrpc: '2.0', id: act.id, result: { text } }, streamOf);
              break;
            case 'text answer':
              subject.say({ jsonrpc: '2.0', id: String(idOf(act.call)), result: { text } }, streamOf);
              break;
            case 'progress': {
              const params = { progressToken: idOf(act.call), progress: number };
              subject.say({ jsonrpc: '2.0', method: 'notifications/progress', params }, streamOf);
              if (stream === 'shared' || stream === act.call) model.tell(act.call, number);
              break;
            }
            case 'strange progress': {
              const params = { progressToken: act.token, progress: number };
              subject.say({ jsonrpc: '2.0', method: 'notifications/progress', params }, streamOf);
              break;
            }
            case 'cancel':
              subject.calls[act.call]?.cancel('not wanted');
              model.end(act.call, 'cancelled');
          }
        }
        await new Promise(setImmediate);
        expect(subjects.map(({ ends }) => ends)).toEqual(models.map(({ ends }) => ends));
        expect(subjects.map(({ progress }) => progress)).toEqual(models.map(({ progress }) => progress));
      }),
      { numRuns: 300 },
    );
  });
});
