import fc from 'fast-check';

/** A reply as text, each character a byte, and what it says. */
export interface WrittenReply {
  readonly text: string;
  readonly status: number;
  readonly body: string;
}

const byteText = (maxLength: number): fc.Arbitrary<string> =>
  fc.uint8Array({ maxLength }).map((bytes) => Buffer.from(bytes).toString('latin1'));
/** Bodies that look like HTTP themselves. */
const body = fc.oneof(
  byteText(200),
  fc.constantFrom(
    '',
    '\r\n',
    '0\r\n\r\n',
    '\r\n\r\n',
    'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n',
    '5\r\nhello\r\n',
  ),
);

const space = fc.constantFrom('', ' ', '  ', '\t', ' \t ');
const blanks = fc.constantFrom('', ' ', '  ');
const cased = (name: string): fc.Arbitrary<string> =>
  fc.constantFrom(
    name,
    name.toUpperCase(),
    name.replace(/(?:^|-)[a-z]/g, (it) => it.toUpperCase()),
  );
const field = (name: string, value: fc.Arbitrary<string>, spaceBehind = space): fc.Arbitrary<string> =>
  fc
    .tuple(cased(name), space, value, spaceBehind)
    .map(([it, before, text, after]) => `${it}:${before}${text}${after}\r\n`);
const otherField = fc.oneof(
  field('content-type', fc.constantFrom('application/json', 'text/event-stream; charset=utf-8', 'text/html')),
  field('mcp-session-id', fc.constantFrom('abc', 'x'.repeat(300))),
  field('keep-alive', fc.constantFrom('timeout=5', 'timeout=5, max=100')),
  field('x-odd', fc.constantFrom('', ':', 'a: b', '"\\"', '\xff\x80', "!#$%&'*+.^_`|~", 'content-length: 5')),
  field('content-length-x', fc.constantFrom('3')),
);

const chunked = fc
  .tuple(
    fc.array(
      byteText(40).filter((it) => it !== ''),
      { maxLength: 6 },
    ),
    fc.constantFrom('', '', ';a', ';a=b', ';a="b \\" c";d'),
    fc.boolean(),
    fc.constantFrom('', '0', '000'),
    fc.constantFrom('', '', 'x-checksum: 1\r\n', 'a: b\r\nc:\r\n'),
  )
  .map(([chunks, extension, isUpper, zeros, trailers]) => {
    const size = (length: number): string => {
      const digits = zeros + length.toString(16);
      return (isUpper ? digits.toUpperCase() : digits) + extension;
    };
    const parts = chunks.map((chunk) => `${size(chunk.length)}\r\n${chunk}\r\n`);
    return { body: chunks.join(''), written: `${parts.join('')}${size(0)}\r\n${trailers}\r\n` };
  });

interface Framed {
  readonly fields: fc.Arbitrary<string>;
  readonly written: string;
  readonly body: string;
}

const framed: fc.Arbitrary<Framed> = fc.oneof(
  body.map((it) => ({
    fields: field('content-length', fc.constant(String(it.length)), blanks),
    written: it,
    body: it,
  })),
  chunked.map((it) => ({
    ...it,
    fields: field('transfer-encoding', fc.constantFrom('chunked', 'Chunked'), blanks),
  })),
  body.map((it) => ({
    fields: field('connection', fc.constantFrom('close', 'Close')),
    written: it,
    body: it,
  })),
);
const interim = fc.constantFrom(
  '',
  '',
  '',
  'HTTP/1.1 100 Continue\r\n\r\n',
  'HTTP/1.1 103 Early\r\nlink: <x>\r\n\r\n',
);

/** Replies as servers write them, and as they could. */
export const writtenReply: fc.Arbitrary<WrittenReply> = fc
  .tuple(
    framed,
    interim,
    fc.constantFrom('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0'),
    fc.constantFrom(200, 202, 204, 304, 400, 404, 500, 599),
    fc.constantFrom(' OK', '', ' ', ' \xfcber 9000'),
    fc.array(otherField, { maxLength: 4 }),
  )
  .chain(([{ fields, written, body: said }, before, version, status, reason, others]) => {
    const hasNoBody = status === 204 || status === 304;
    const all = hasNoBody ? fc.constant('') : fields;
    return fc.tuple(all, fc.nat({ max: others.length })).map(([framing, at]) => {
      const lines = [...others.slice(0, at), framing, ...others.slice(at)].join('');
      const text = `${before}${version} ${status}${reason}\r\n${lines}\r\n${hasNoBody ? '' : written}`;
      return { text, status, body: hasNoBody ? '' : said };
    });
  });

const pieces = [
  '\r',
  '\n',
  '\r\n',
  '\r\n\r\n',
  '\n\n',
  '\0',
  '\x01',
  '\x7f',
  '\x0b',
  '\xa0',
  ' ',
  '\t',
  ':',
  ' :',
  ';',
  ',',
  '+',
  '-',
  '0x',
  '0',
  '5',
  'f',
  '00000000000000000',
  'ffffffffffffffff',
  '99999999999999999999',
  'content-length: 5\r\n',
  'Content-Length : 5\r\n',
  'content-length: +5\r\n',
  'content-length: 5, 5\r\n',
  'content-length:\r\n',
  'content-length: 0x5\r\n',
  'content-length: 5\xa0\r\n',
  'content-length: -1\r\n',
  'transfer-encoding: chunked\r\n',
  'transfer-encoding: gzip, chunked\r\n',
  'transfer-encoding: chunked, identity\r\n',
  'transfer-encoding: xchunked\r\n',
  'transfer-encoding: chunked\x0b\r\n',
  'transfer-encoding:\r\n',
  'transfer-encoding: identity\r\n',
  'Transfer-Encoding\0: chunked\r\n',
  'connection: close\r\n',
  'connection: keep-alive\r\n',
  'connection: upgrade\r\nupgrade: x\r\n',
  'x: y\r\n',
  ' folded\r\n',
  '\tfolded\r\n',
  'no colon\r\n',
  ': no name\r\n',
  'a b: c\r\n',
  'HTTP/1.1 200 OK\r\n',
  'HTTP/1.1 101 Switching\r\n\r\n',
  'HTTP/2.0 200 OK\r\n',
  'http/1.1 200 OK\r\n',
  '0\r\n\r\n',
  '5\r\nhello\r\n',
  '5;\r\n',
  '5 ;a\r\n',
  '5\n',
] as const;

/** Where something is done to a reply: mostly where its lines begin and end. */
type Mutation = readonly [where: number, isAtLine: boolean, length: number, piece: string];

export const mutations: fc.Arbitrary<readonly Mutation[]> = fc.array(
  fc.tuple(
    fc.nat({ max: 5_000 }),
    fc.boolean(),
    fc.constantFrom(0, 0, 0, 1, 1, 2, 5),
    fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...pieces) }, fc.constant(''), byteText(2)),
  ),
  { minLength: 1, maxLength: 3 },
);

/** Puts a piece in the place of some bytes, or between them. */
export function mutate(text: string, list: readonly Mutation[]): string {
  let mutated = text;
  for (const [where, isAtLine, length, piece] of list) {
    const lines = [...mutated.matchAll(/\r\n/g)].map(({ index }) => index + 2);
    const at = isAtLine && lines.length > 0 ? lines[where % lines.length] : where % (mutated.length + 1);
    mutated = mutated.slice(0, at) + piece + mutated.slice((at ?? 0) + length);
  }
  return mutated;
}
