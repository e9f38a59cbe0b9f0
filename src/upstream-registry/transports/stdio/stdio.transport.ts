import { joinWrites } from '../../../core/turn.js';
import { MessageTooLargeError } from '../chunk-list.js';
import type { OutgoingRequest, Transport, TransportLimits, TransportListener } from '../transport.js';
import { TransportFault } from '../transport-fault.js';
import { ChildProcess, type StdioEndpoint } from './child-process.js';
import { LineSplitter } from './line-splitter.js';
import { StderrLines } from './stderr-lines.js';

/** Bytes that may wait for a child that does not read its input. */
const maxQueuedBytes = 8 * 1024 * 1024;
/** Exit and the end of the output come in any order; this is how long one waits for the other. */
const drainMs = 100;

/** Newline-delimited JSON over the standard streams of a child process (specification, basic/transports, stdio). */
export class StdioTransport implements Transport {
  readonly kind = 'stdio';
  readonly hasSharedAnswers = true;
  #child: ChildProcess | null = null;
  #isOver = false;
  #closing: Promise<void> | null = null;

  constructor(
    private readonly endpoint: StdioEndpoint,
    private readonly limits: TransportLimits,
    private readonly listener: TransportListener,
    private readonly onStderr: (line: string) => void,
  ) {}

  open(): Promise<void> {
    return new Promise((resolve, reject) => {
      const child = new ChildProcess(this.endpoint);
      this.#child = child;
      const { process } = child;
      process.once('spawn', resolve);
      process.once('error', (cause) => {
        const fault = new TransportFault('UPSTREAM_UNAVAILABLE', 'spawn', 'could not be started', {
          scope: 'connection',
          cause,
        });
        reject(fault);
        this.#lose(fault);
      });
      process.once('exit', (code, signal) => this.#onExit(code, signal));
      process.stdin.on('error', (cause) => this.#lose(this.#gone('closed its input', cause)));
      const lines = new LineSplitter(this.limits.messageBytes, (line) => {
        if (!this.#isOver) this.listener.onMessage(line, 0);
      });
      process.stdout.on('data', (bytes: Buffer) => this.#read(lines, bytes));
      process.stdout.once('end', () => this.#loseSoon('closed its output'));
      const stderr = new StderrLines(this.onStderr);
      process.stderr.on('data', (bytes: Buffer) => stderr.push(bytes));
    });
  }

  established(): void {
    // Nothing changes on a pipe.
  }

  listen(): void {
    // The pipe has been open all along.
  }

  request({ id, body }: OutgoingRequest): void {
    const fault = this.#write(body);
    if (fault !== null) this.listener.onRequestFault(id, fault);
  }

  send(body: string): Promise<TransportFault | null> {
    return Promise.resolve(this.#write(body));
  }

  abandon(): void {
    // A request holds nothing of its own here.
  }

  close(): Promise<void> {
    this.#isOver = true;
    return (this.#closing ??= this.#child?.end() ?? Promise.resolve());
  }

  #write(body: string): TransportFault | null {
    const stdin = this.#child?.process.stdin;
    if (this.#isOver || stdin === undefined || !stdin.writable) return this.#gone('has ended');
    if (stdin.writableLength > maxQueuedBytes) {
      return new TransportFault('OVERLOADED', 'call', 'does not read its input', { scope: 'connection' });
    }
    joinWrites(stdin);
    stdin.write(onOneLine(body) + '\n');
    return null;
  }

  #read(lines: LineSplitter, bytes: Buffer): void {
    if (this.#isOver) return;
    try {
      lines.push(bytes);
    } catch (error) {
      // It may go on writing until it is gone; nobody reads that any more.
      this.#child?.process.stdout.destroy();
      const isTooLarge = error instanceof MessageTooLargeError;
      this.#lose(
        isTooLarge
          ? new TransportFault('UPSTREAM_RESPONSE_TOO_LARGE', 'process', 'sent a line over the size limit')
          : TransportFault.of(error, 'process'),
      );
    }
  }

  #onExit(code: number | null, signal: string | null): void {
    const how = signal === null ? `exited with code ${code ?? 0}` : `was ended by ${signal}`;
    const stdout = this.#child?.process.stdout;
    if (stdout?.readableEnded !== false) {
      this.#lose(this.#gone(how));
      return;
    }
    // Its last answers may still stand in the pipe; something it started may hold the pipe open for ever.
    stdout.once('end', () => this.#lose(this.#gone(how)));
    this.#loseSoon(how);
  }

  #loseSoon(how: string): void {
    setTimeout(() => this.#lose(this.#gone(how)), drainMs).unref();
  }

  #gone(message: string, cause?: unknown): TransportFault {
    return new TransportFault('UPSTREAM_UNAVAILABLE', 'process', message, { isBroken: true, cause });
  }

  #lose(fault: TransportFault): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.listener.onLost(fault);
    void this.close();
  }
}

/** In JSON a line break can only stand between tokens, where a space means the same. */
function onOneLine(json: string): string {
  return json.includes('\n') || json.includes('\r') ? json.replace(/[\r\n]+/g, ' ') : json;
}
