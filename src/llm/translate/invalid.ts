import { GatewayError } from '../../core/errors.js';

/** A field of the request that cannot be translated for a provider. */
export function invalid(param: string, problem: string): GatewayError {
  return new GatewayError('INVALID_REQUEST', { param, message: `\`${param}\` ${problem}` });
}
