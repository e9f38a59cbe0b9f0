import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { readReply, readReplyWithNode } from './read-reply.js';
import { mutate, mutations, writtenReply } from './reply-arbitrary.js';

const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');
const singleBytes = (bytes: Buffer): Buffer[] => Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));

/** Cuts bytes at the given places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, i) => bytes.subarray(at[i], end));
}

describe('ReplyParser', () => {
  test('reads what servers write, as Node does', async () => {
    await fc.assert(
      fc.asyncProperty(writtenReply, async ({ text, status, body }) => {
        const { reading } = readReply([bytesOf(text)]);
        expect(reading).toEqual({ status, body });
        expect(await readReplyWithNode(bytesOf(text))).toEqual(reading);
      }),
      { numRuns: 300 },
    );
  });

  test('reads nothing that Node refuses, and nothing otherwise than Node', async () => {
    await fc.assert(
      fc.asyncProperty(writtenReply, mutations, async ({ text }, list) => {
        const bytes = bytesOf(mutate(text, list));
        const { reading } = readReply([bytes]);
        if (typeof reading === 'object') expect(await readReplyWithNode(bytes)).toEqual(reading);
      }),
      { numRuns: 2_000 },
    );
  });

  test('reads the same however the bytes are cut', () => {
    fc.assert(
      fc.property(
        writtenReply,
        fc.option(mutations, { nil: [] }),
        fc.array(fc.nat(), { maxLength: 12 }),
        ({ text }, list, places) => {
          const bytes = bytesOf(mutate(text, list));
          const whole = readReply([bytes]);
          expect(readReply(cut(bytes, places))).toEqual(whole);
          expect(readReply(singleBytes(bytes))).toEqual(whole);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('takes no part of a reply for the whole', () => {
    fc.assert(
      fc.property(writtenReply, ({ text }) => {
        const bytes = bytesOf(text);
        const { head } = readReply([bytes]);
        // Where the end of the connection is the end of the body, nobody can tell.
        fc.pre(head?.framing !== 'until-close');
        const readings = Array.from(bytes, (_, length) => readReply([bytes.subarray(0, length)]).reading);
        expect([...new Set(readings)]).toEqual(['cut off']);
      }),
      { numRuns: 150 },
    );
  });

  test('a socket with surplus bytes carries no other request', () => {
    fc.assert(
      fc.property(
        writtenReply,
        fc.uint8Array({ minLength: 1, maxLength: 5 }),
        ({ text, status, body }, surplus) => {
          const { head } = readReply([bytesOf(text)]);
          fc.pre(head?.framing !== 'until-close');
          for (const pieces of [
            [Buffer.concat([bytesOf(text), surplus])],
            [bytesOf(text), Buffer.from(surplus)],
          ]) {
            expect(readReply(pieces)).toMatchObject({ reading: { status, body }, isReusable: false });
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  test('survives any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (bytes, isBody) => {
        const start = isBody ? 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n' : '';
        const all = Buffer.concat([bytesOf(start), bytes]);
        expect(readReply(singleBytes(all))).toEqual(readReply([all]));
      }),
      { numRuns: 300 },
    );
  });
});
