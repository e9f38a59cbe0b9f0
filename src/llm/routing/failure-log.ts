import type { Logger } from 'pino';

import type { ModelDeployment } from '../../config/gateway-config.js';
import type { GatewayError } from '../../core/errors.js';
import { redact } from '../providers/redaction.js';

/** A try of a deployment that was no success, and not the request's fault. */
export interface FailedTry {
  readonly requestId: string;
  /** The configured name. */
  readonly model: string;
  readonly deployment: ModelDeployment;
  /** The provider's status, or why there was no answer. */
  readonly failure: number | GatewayError;
}

/** Tells operators why a model entry failed: clients get to know little of it, and nothing where another one answered. */
export function logFailedTry(logger: Logger, { requestId, model, deployment, failure }: FailedTry): void {
  const line = { requestId, model, deploymentId: deployment.id };
  if (typeof failure === 'number') {
    logger.warn({ ...line, status: failure }, 'a model entry answered with an error');
    return;
  }
  const { code } = failure.definition;
  const { cause } = failure;
  // Only the message: errors of provider packages carry whole requests.
  const reason = cause instanceof Error ? redact(cause.message, deployment) : failure.message;
  logger.warn({ ...line, code, reason }, 'a model entry did not answer');
}
