import type { LoggerService } from '@nestjs/common';
import type { Level, Logger } from 'pino';

/** What Nest says about its own start is for those who look for it. */
const framework = new Set([
  'InstanceLoader',
  'RouterExplorer',
  'RoutesResolver',
  'NestFactory',
  'NestApplication',
]);

/** Nest's `Logger` calls, written by pino: the last string is the context, an error its stack. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.#write('info', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    // Nest's convention is error(message, stack, context); a lone string is a context, unless it reads like a stack.
    const [first, second] = rest;
    const isStack = typeof first === 'string' && (typeof second === 'string' || /\n\s+at /.test(first));
    this.#write('error', message, isStack ? rest.slice(1) : rest, isStack ? first : undefined);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.#write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.#write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.#write('trace', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.#write('fatal', message, rest);
  }

  #write(level: Level, message: unknown, rest: readonly unknown[], stack?: string): void {
    const last = rest.at(-1);
    const context = typeof last === 'string' ? last : undefined;
    const shown = level === 'info' && context !== undefined && framework.has(context) ? 'debug' : level;
    if (!this.logger.isLevelEnabled(shown)) return;
    const details = context === undefined ? rest : rest.slice(0, -1);
    const fields = {
      ...(context === undefined ? {} : { context }),
      ...(stack === undefined ? {} : { stack }),
      ...fieldsOf(details),
    };
    if (message instanceof Error) this.logger[shown]({ ...fields, err: message }, message.message);
    else if (typeof message === 'object' && message !== null) this.logger[shown]({ ...fields, ...message });
    else this.logger[shown](fields, String(message));
  }
}

function fieldsOf(details: readonly unknown[]): Record<string, unknown> {
  const [first] = details;
  if (first === undefined) return {};
  if (first instanceof Error) return { err: first };
  return { details: details.length === 1 ? first : details };
}
