import { connect, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';

/** One HTTP reply, read by nothing but its framing. */
export interface RawReply {
  readonly status: number;
  /** Names in lower case; of repeated ones the last. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A client that is only a socket: every byte of its requests is the test's. */
export class RawClient {
  #received = Buffer.alloc(0);
  #hasEnded = false;
  #wake: () => void = () => undefined;

  private constructor(readonly socket: Socket) {
    const ended = (): void => {
      this.#hasEnded = true;
      this.#wake();
    };
    socket.on('data', (bytes: Buffer) => {
      this.#received = Buffer.concat([this.#received, bytes]);
      this.#wake();
    });
    socket.on('end', ended).on('close', ended);
    socket.on('error', () => undefined);
  }

  static async connect(port: number): Promise<RawClient> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new RawClient(socket);
  }

  write(bytes: string | Buffer): this {
    this.socket.write(bytes);
    return this;
  }

  /** Sends each byte as a packet of its own. */
  async trickle(text: string | Buffer): Promise<this> {
    for (const byte of typeof text === 'string' ? Buffer.from(text) : text) {
      this.socket.write(Buffer.of(byte));
      await turn();
    }
    return this;
  }

  /** Says that it will send nothing more. */
  halfClose(): this {
    this.socket.end();
    return this;
  }

  destroy(): void {
    this.socket.destroy();
  }

  /** The next whole reply. Throws when the connection ends before. */
  async next(): Promise<RawReply> {
    for (;;) {
      const read = readReply(this.#received);
      if (read !== null) {
        this.#received = this.#received.subarray(read.length);
        return read.reply;
      }
      if (this.#hasEnded) throw new Error(`The connection ended within: ${this.#received.toString()}`);
      await this.#more();
    }
  }

  /** What the expression captures in what comes; nothing is taken. */
  async until(expression: RegExp): Promise<string> {
    for (;;) {
      const [, captured] = expression.exec(this.#received.toString()) ?? [];
      if (captured !== undefined) return captured;
      if (this.#hasEnded) throw new Error(`The connection ended within: ${this.#received.toString()}`);
      await this.#more();
    }
  }

  /** What came and was not read yet, once the other side has ended the connection. */
  async rest(): Promise<string> {
    while (!this.#hasEnded) await this.#more();
    return this.#received.toString();
  }

  #more(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }
}

/** The reply at the start of the bytes with its length, or null while it is not whole. */
function readReply(bytes: Buffer): { reply: RawReply; length: number } | null {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd < 0) return null;
  const [first = '', ...lines] = bytes.toString('latin1', 0, headEnd).split('\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1]);
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
  );
  const start = headEnd + 4;
  if (headers['transfer-encoding'] === 'chunked') {
    const chunked = readChunks(bytes, start);
    return chunked === null ? null : { reply: { status, headers, body: chunked.body }, length: chunked.end };
  }
  const end = start + Number(headers['content-length'] ?? 0);
  return bytes.length < end
    ? null
    : { reply: { status, headers, body: bytes.toString('utf8', start, end) }, length: end };
}

function readChunks(bytes: Buffer, start: number): { body: string; end: number } | null {
  const chunks: Buffer[] = [];
  for (let at = start; ;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return null;
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    const from = lineEnd + 2;
    if (bytes.length < from + size + 2) return null;
    at = from + size + 2;
    if (size === 0) return { body: Buffer.concat(chunks).toString(), end: at };
    chunks.push(bytes.subarray(from, from + size));
  }
}
