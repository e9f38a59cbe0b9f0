import { Injectable } from '@nestjs/common';

import { GatewayError } from '../../core/errors.js';
import type { RpcContext } from '../rpc-context.js';

/** Least severe first (RFC 5424; MCP logging). */
export const logLevels = [
  'debug',
  'info',
  'notice',
  'warning',
  'error',
  'critical',
  'alert',
  'emergency',
] as const;

/** logging/setLevel: the level is the session's own, since upstream connections are shared. */
@Injectable()
export class LoggingHandlers {
  setLevel(context: RpcContext): string {
    const level = context.requireString('level');
    if (!logLevels.some((known) => known === level)) {
      throw new GatewayError('INVALID_PARAMS', {
        param: 'level',
        message: `"level" must be one of: ${logLevels.join(', ')}.`,
      });
    }
    context.session.logLevel = level;
    context.session.links.setLevel(level);
    return '{}';
  }
}

/** Whether a log message is severe enough for what the session asked for. Before it asks, everything passes. */
export function passesLevel(asked: string | null, level: unknown): boolean {
  if (asked === null) return true;
  const rank = logLevels.findIndex((known) => known === level);
  return rank < 0 || rank >= logLevels.findIndex((known) => known === asked);
}
