import { Injectable } from '@nestjs/common';

import { GatewayError } from '../../core/errors.js';
import { isLogLevel, logLevels } from '../log-level.js';
import type { RpcContext } from '../rpc-context.js';

/** logging/setLevel: the level is the session's own, since upstream connections are shared. */
@Injectable()
export class LoggingHandlers {
  setLevel(context: RpcContext): string {
    const level = context.requireString('level');
    if (!isLogLevel(level)) {
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
