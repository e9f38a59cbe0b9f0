import type { Writable } from 'node:stream';

import { pino, stdTimeFunctions, type DestinationStream, type Logger, type LoggerOptions } from 'pino';

import { redactText } from './redact.js';

export interface LogSettings {
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** Log the JSON-RPC traffic too (`--detailed_debug`). */
  readonly traffic: boolean;
}

export interface LogTarget {
  /** Readable lines for a terminal instead of JSON. */
  readonly pretty: boolean;
  /** Where lines go; standard output when left out. */
  readonly destination?: Writable;
}

/**
 * The program's logger: JSON lines, or readable ones on a terminal. Every finished line passes the redaction, so that
 * no caller has to remember it.
 */
export async function createLogger(settings: LogSettings, target: LogTarget): Promise<Logger> {
  const options: LoggerOptions = {
    level: levelOf(settings),
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    hooks: { streamWrite: redactText },
  };
  const destination = target.pretty ? await prettyStream(target.destination) : target.destination;
  return pino(options, destination ?? standardOutput());
}

/** Lines are gathered and written together: a system call a line would cost more than the line. Flushed at exit. */
function standardOutput(): DestinationStream {
  return pino.destination({ dest: 1, sync: false, minLength: 4_096, periodicFlush: 100 });
}

/** Traffic is logged as `debug`: asking for it is asking for that level. */
function levelOf(settings: LogSettings): LogSettings['level'] {
  return settings.traffic && settings.level !== 'trace' ? 'debug' : settings.level;
}

/** Loaded only for a terminal: a container's start does not pay for it. */
async function prettyStream(destination: Writable | undefined): Promise<DestinationStream> {
  const { default: pretty } = await import('pino-pretty');
  return pretty({
    ignore: 'context',
    messageFormat: '{if context}[{context}] {end}{msg}',
    translateTime: 'SYS:HH:MM:ss',
    colorize: destination === undefined && process.stdout.isTTY,
    sync: true,
    ...(destination === undefined ? {} : { destination }),
  });
}
