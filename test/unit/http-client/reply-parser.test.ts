import { describe, expect, test } from '@jest/globals';

import { readReply, type Reading } from './read-reply.js';

const ok = 'HTTP/1.1 200 OK\r\n';
const length = (bytes: number): string => `content-length: ${bytes}\r\n`;
const chunked = 'transfer-encoding: chunked\r\n';
const read = (text: string): ReturnType<typeof readReply> => readReply([Buffer.from(text, 'latin1')]);
const whole = (body: string, status = 200): Reading => ({ status, body });

describe('what is refused', () => {
  test.each([
    ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['another version', `HTTP/2.0 200 OK\r\n${length(0)}\r\n`],
    ['a status of two digits', `HTTP/1.1 20 OK\r\n${length(0)}\r\n`],
    ['a status of four digits', `HTTP/1.1 2000 OK\r\n${length(0)}\r\n`],
    ['a control character in the reason', `HTTP/1.1 200 O\x1bK\r\n${length(0)}\r\n`],
    ['two lengths that agree', `${ok}${length(5)}${length(5)}\r\nhello`],
    ['two lengths', `${ok}${length(5)}${length(4)}\r\nhello`],
    ['a list of lengths', `${ok}content-length: 5, 5\r\n\r\nhello`],
    ['an empty length', `${ok}content-length:\r\n\r\nhello`],
    ['a length with a sign', `${ok}content-length: +5\r\n\r\nhello`],
    ['a negative length', `${ok}content-length: -5\r\n\r\nhello`],
    ['a hexadecimal length', `${ok}content-length: 0x5\r\n\r\nhello`],
    ['a length beyond all numbers', `${ok}content-length: 99999999999999999999\r\n\r\nhello`],
    ['a length with a no-break space', `${ok}content-length: 5\xa0\r\n\r\nhello`],
    ['a length and chunks', `${ok}${length(5)}${chunked}\r\n5\r\nhello\r\n0\r\n\r\n`],
    ['chunks and a length', `${ok}${chunked}${length(5)}\r\n5\r\nhello\r\n0\r\n\r\n`],
    ['chunked twice', `${ok}${chunked}${chunked}\r\n0\r\n\r\n`],
    ['an unknown transfer encoding', `${ok}transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
    ['a tab behind the transfer encoding', `${ok}transfer-encoding: chunked\t\r\n\r\n0\r\n\r\n`],
    ['a space before the colon', `${ok}content-length : 5\r\n\r\nhello`],
    ['a folded line', `${ok}x-a: b\r\n c\r\n${length(0)}\r\n`],
    ['a space before the first name', `${ok} x-a: b\r\n${length(0)}\r\n`],
    ['a line without a colon', `${ok}x-a\r\n${length(0)}\r\n`],
    ['a line without a name', `${ok}: b\r\n${length(0)}\r\n`],
    ['a name that is no token', `${ok}x a: b\r\n${length(0)}\r\n`],
    ['NUL in a name', `${ok}transfer-encoding\0: chunked\r\n${length(0)}\r\n`],
    ['NUL in a value', `${ok}x-a: b\0\r\n${length(0)}\r\n`],
    ['a control character in a value that is not read', `${ok}x-a: \x08\r\n${length(0)}\r\n`],
    ['a bare line feed in a value that is not read', `${ok}x-a: b\n${chunked}${length(0)}\r\n`],
    ['a bare carriage return in a value', `${ok}x-a: b\r${chunked}${length(0)}\r\n`],
    ['bare line feeds', 'HTTP/1.1 200 OK\ncontent-length: 0\n\n'],
    ['a bare line feed at the end of the head', `${ok}${length(0)}\n`],
    ['a head over 64 KiB', `${ok}x-a: ${'x'.repeat(65 * 1024)}`],
    ['another protocol asked for by nobody', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n'],
    ['an interim reply that ends the connection', `HTTP/1.1 100 Go on\r\nconnection: close\r\n\r\n${ok}\r\n`],
    ['a chunk without a size', `${ok}${chunked}\r\n\r\nhello\r\n0\r\n\r\n`],
    ['a chunk with a sign', `${ok}${chunked}\r\n+5\r\nhello\r\n0\r\n\r\n`],
    ['a negative chunk', `${ok}${chunked}\r\n-5\r\nhello\r\n0\r\n\r\n`],
    ['a chunk with 0x', `${ok}${chunked}\r\n0x5\r\nhello\r\n0\r\n\r\n`],
    ['a chunk with a space in front', `${ok}${chunked}\r\n 5\r\nhello\r\n0\r\n\r\n`],
    ['a chunk with a space behind', `${ok}${chunked}\r\n5 \r\nhello\r\n0\r\n\r\n`],
    ['a chunk beyond all numbers', `${ok}${chunked}\r\nfffffffffffffffff\r\nhello`],
    ['a chunk shorter than it says', `${ok}${chunked}\r\n6\r\nhello\r\n0\r\n\r\n`],
    ['a chunk longer than it says', `${ok}${chunked}\r\n4\r\nhello\r\n0\r\n\r\n`],
    ['a chunk that ends in a line feed', `${ok}${chunked}\r\n5\r\nhello\n0\r\n\r\n`],
    ['a size that ends in a line feed', `${ok}${chunked}\r\n5\nhello\r\n0\r\n\r\n`],
    ['an extension that is none', `${ok}${chunked}\r\n5;\0\r\nhello\r\n0\r\n\r\n`],
    ['an extension of 9 KiB', `${ok}${chunked}\r\n5;${'x'.repeat(9 * 1024)}\r\nhello\r\n0\r\n\r\n`],
    ['a trailer without a colon', `${ok}${chunked}\r\n0\r\nx\r\n\r\n`],
    ['a folded trailer', `${ok}${chunked}\r\n0\r\nx: y\r\n z\r\n\r\n`],
    ['a length as a trailer', `${ok}${chunked}\r\n0\r\nContent-Length: 5\r\n\r\n`],
    ['65 trailers', `${ok}${chunked}\r\n0\r\n${'a: b\r\n'.repeat(65)}\r\n`],
  ])('%s', (_, text) => {
    // Before the connection ends, that is: the peer may wait for us.
    expect(read(text)).toMatchObject({ reading: 'refused', isReusable: false });
  });
});

describe('what is cut off', () => {
  test.each([
    ['before the head', ''],
    ['within the head', 'HTTP/1.1 200 OK\r\ncontent-le'],
    ['behind an interim reply', 'HTTP/1.1 100 Go on\r\n\r\n'],
    ['before the body', `${ok}${length(5)}\r\n`],
    ['within the body', `${ok}${length(5)}\r\nhell`],
    ['within a chunk', `${ok}${chunked}\r\n5\r\nhell`],
    ['before the last chunk', `${ok}${chunked}\r\n5\r\nhello\r\n`],
    ['before the end of the trailers', `${ok}${chunked}\r\n5\r\nhello\r\n0\r\n`],
  ])('%s', (_, text) => expect(read(text)).toMatchObject({ reading: 'cut off', isReusable: false }));
});

describe('what is read, and whether the socket goes on', () => {
  test.each([
    ['a length', `${ok}${length(5)}\r\nhello`, whole('hello'), true],
    ['chunks', `${ok}${chunked}\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n`, whole('hello'), true],
    ['trailers', `${ok}${chunked}\r\n0\r\n${'a: b\r\n'.repeat(64)}\r\n`, whole(''), true],
    ['no reason', `HTTP/1.1 200\r\n${length(2)}\r\nok`, whole('ok'), true],
    [
      'interim replies',
      `HTTP/1.1 100 Go on\r\n\r\nHTTP/1.1 103 Early\r\na: b\r\n\r\n${ok}${length(2)}\r\nok`,
      whole('ok'),
      true,
    ],
    ['until the end', `${ok}\r\nhello`, whole('hello'), false],
    ['connection: close', `${ok}${length(2)}connection: close\r\n\r\nok`, whole('ok'), false],
    ['close among others', `${ok}${length(2)}connection: x, Close\r\n\r\nok`, whole('ok'), false],
    [
      'close in a second line',
      `${ok}${length(2)}connection: x\r\nconnection: close\r\n\r\nok`,
      whole('ok'),
      false,
    ],
    ['HTTP/1.0', `HTTP/1.0 200 OK\r\n${length(2)}\r\nok`, whole('ok'), false],
    [
      'HTTP/1.0 kept alive',
      `HTTP/1.0 200 OK\r\n${length(2)}connection: keep-alive\r\n\r\nok`,
      whole('ok'),
      true,
    ],
    [
      'HTTP/1.0 that wants both',
      `HTTP/1.0 200 OK\r\n${length(2)}connection: keep-alive, close\r\n\r\nok`,
      whole('ok'),
      false,
    ],
    [
      'HTTP/1.0 in chunks',
      `HTTP/1.0 200 OK\r\n${chunked}connection: keep-alive\r\n\r\n0\r\n\r\n`,
      whole(''),
      false,
    ],
    ['204', 'HTTP/1.1 204 No Content\r\n\r\n', whole('', 204), true],
    ['204 with a length of nothing', `HTTP/1.1 204 No Content\r\n${length(0)}\r\n`, whole('', 204), true],
    ['204 that announces a body', `HTTP/1.1 204 No Content\r\n${length(5)}\r\n`, whole('', 204), false],
    ['204 that announces chunks', `HTTP/1.1 204 No Content\r\n${chunked}\r\n`, whole('', 204), false],
    ['204 with a body', 'HTTP/1.1 204 No Content\r\n\r\nhello', whole('', 204), false],
    ['304', 'HTTP/1.1 304 Not Modified\r\n\r\n', whole('', 304), true],
    ['an empty 200', `${ok}${length(0)}\r\n`, whole(''), true],
    ['bytes behind the reply', `${ok}${length(2)}\r\nokHTTP`, whole('ok'), false],
    ['another reply behind it', `${ok}${length(2)}\r\nok${ok}${length(2)}\r\nno`, whole('ok'), false],
    ['a line break behind it', `${ok}${length(2)}\r\nok\r\n`, whole('ok'), false],
  ])('%s', (_, text, reading, isReusable) => expect(read(text)).toMatchObject({ reading, isReusable }));
});

test('what the head says', () => {
  const { head } = read(
    `${ok}Content-Type:\tApplication/JSON ; charset=utf-8 \r\nContent-Encoding: GZIP\r\nMcp-Session-Id: s-1\r\n` +
      `Retry-After: 7\r\nRetry-After-Ms: 6500\r\nLocation: /x\r\nKeep-Alive: max=3, timeout=5\r\n${length(0)}\r\n`,
  );
  expect(head).toEqual({
    status: 200,
    content: 'json',
    contentType: 'Application/JSON ; charset=utf-8',
    encoding: 'gzip',
    byteLength: null,
    sessionId: 's-1',
    location: '/x',
    retryAfter: '7',
    retryAfterMs: '6500',
    framing: 'none',
    isPersistent: true,
    keepAliveMs: 5_000,
  });
});

test.each([
  ['gzip\r\ncontent-encoding: gzip', 'gzip, gzip'],
  ['identity', null],
])('content encoding %s', (value, encoding) => {
  expect(read(`${ok}content-encoding: ${value}\r\n${length(0)}\r\n`).head?.encoding).toBe(encoding);
});

test('a session id that could not be sent back is none', () => {
  const sessionOf = (id: string): unknown =>
    read(`${ok}mcp-session-id: ${id}\r\n${length(0)}\r\n`).head?.sessionId;
  expect(['a b', '\xe4', 'x'.repeat(1_025), ''].map(sessionOf)).toEqual([null, null, null, null]);
  expect(sessionOf('x'.repeat(1_024))).toHaveLength(1_024);
});
