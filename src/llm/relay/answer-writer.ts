import { toErrorEnvelope, type GatewayError } from '../../core/errors.js';
import type { Operation } from '../providers/provider.js';
import type { RoutedAnswer } from '../routing/model-router.service.js';
import { costDigits, type Metering } from '../usage/metering.js';
import type { ClientConnection } from './client-connection.js';

/** Says which deployment answered. */
export function nameDeployment(client: ClientConnection, answer: RoutedAnswer): void {
  client.setHeader('x-toolgate-model-id', answer.deployment.id);
}

/** A whole answer, `body` byte for byte. */
export function sendWhole(
  client: ClientConnection,
  answer: Pick<RoutedAnswer, 'status' | 'contentType' | 'retryAfterSeconds'>,
  body: Buffer,
  metering: Metering,
): void {
  const contentType = answer.contentType === '' ? 'application/json' : answer.contentType;
  client.setHeader('x-toolgate-cost', metering.costUsd.toFixed(costDigits));
  client.send(answer.status, contentType, body, answer.retryAfterSeconds);
}

/** A provider's error: as the answer, or as the last event when the answer has begun already. */
export function sendProviderError(
  client: ClientConnection,
  answer: RoutedAnswer,
  body: Buffer,
  metering: Metering,
): void {
  if (!client.hasAnswerBegun) sendWhole(client, answer, body, metering);
  else client.response.end(`data: ${body.toString().replaceAll(/[\r\n]+/g, ' ')}\n\n`);
}

/** The last event of a stream that cannot go on. Clients of OpenAI raise it as an error. */
export function endWithError(client: ClientConnection, operation: Operation, error: GatewayError): void {
  const envelope = toErrorEnvelope(error);
  if (operation !== 'responses') {
    client.response.end(`data: ${JSON.stringify(envelope)}\n\n`);
    return;
  }
  const { message, code, param } = envelope.error;
  const data = { type: 'error', code, message, param, error: envelope.error };
  client.response.end(`event: error\ndata: ${JSON.stringify(data)}\n\n`);
}
