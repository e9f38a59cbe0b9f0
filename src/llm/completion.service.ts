import { Inject, Injectable } from '@nestjs/common';

import type { Logger } from 'pino';

import { GatewayError } from '../core/errors.js';
import { JsonSyntaxError } from '../core/json-members.js';
import { LOGGER } from '../core/logger-token.js';
import type { Principal } from '../core/principal.js';
import type { GatewayRequest, GatewayResponse } from '../http/gateway-request.js';
import { readBody, requireJson } from '../http/read-body.js';
import { CompletionAnswer } from './completion-answer.service.js';
import { CompletionRequest } from './completion-request.js';
import { LLM_CONFIG, type LlmConfig } from './llm-config.js';
import { USAGE_PORT, type CompletionOutcome, type UsageLease, type UsagePort } from './ports/usage-port.js';
import type { Operation } from './providers/provider.js';
import { endWithError } from './relay/answer-writer.js';
import { ClientConnection } from './relay/client-connection.js';
import { ModelDirectory } from './routing/model-directory.js';
import { Metering } from './usage/metering.js';

/** The way of one request for a model: read, judged, let in, answered, settled. */
@Injectable()
export class CompletionService {
  constructor(
    private readonly directory: ModelDirectory,
    private readonly answers: CompletionAnswer,
    @Inject(USAGE_PORT) private readonly usage: UsagePort,
    @Inject(LLM_CONFIG) private readonly config: LlmConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * Answers a request. Rejects with a GatewayError as long as nothing was sent; later faults end the stream.
   * @param pathModel the model of routes that name it in the path
   */
  async serve(
    operation: Operation,
    request: GatewayRequest,
    response: GatewayResponse,
    principal: Principal,
    pathModel: string | null,
  ): Promise<void> {
    const client = new ClientConnection(request, response);
    client.setHeader('x-toolgate-call-id', request.requestId);
    try {
      requireJson(request);
      const body = await readBody(request, this.config.limits.bodyBytes);
      const completion = parse(operation, body, pathModel);
      this.directory.require(principal, completion.model);
      const lease = await this.usage.begin(principal, {
        model: completion.model,
        stop: (error) => client.cancellation.cancel(error),
      });
      await this.#answer(lease, client, principal, completion);
    } catch (thrown) {
      this.#fail(client, operation, toGatewayError(thrown));
    }
  }

  async #answer(
    lease: UsageLease,
    client: ClientConnection,
    principal: Principal,
    completion: CompletionRequest,
  ): Promise<void> {
    const { requestId } = client.request;
    let outcome: CompletionOutcome = 'error';
    try {
      await this.answers.answer({ principal, requestId, client, metering: new Metering(lease) }, completion);
      outcome = client.response.statusCode < 400 ? 'success' : 'error';
    } catch (thrown) {
      const error = toGatewayError(thrown);
      outcome = outcomeOf(error);
      throw error;
    } finally {
      lease.end(outcome);
    }
  }

  /** Throws the error on as long as nothing was sent: the exception filter answers and logs it. */
  #fail(client: ClientConnection, operation: Operation, error: GatewayError): void {
    if (!client.hasAnswerBegun) {
      client.handHeadersOn();
      throw error;
    }
    if (error.code === 'INTERNAL') {
      const { requestId } = client.request;
      this.logger.error({ err: error.cause, requestId }, 'unexpected error in a stream');
    }
    if (!client.response.destroyed) endWithError(client, operation, error);
  }
}

function parse(operation: Operation, body: Buffer, pathModel: string | null): CompletionRequest {
  try {
    return CompletionRequest.parse(operation, body, pathModel);
  } catch (thrown) {
    if (thrown instanceof JsonSyntaxError) throw new GatewayError('INVALID_JSON', {}, { cause: thrown });
    throw thrown;
  }
}

function toGatewayError(thrown: unknown): GatewayError {
  return thrown instanceof GatewayError ? thrown : new GatewayError('INTERNAL', {}, { cause: thrown });
}

function outcomeOf(error: GatewayError): CompletionOutcome {
  if (error.code === 'CANCELLED') return 'cancelled';
  return error.definition.status === 429 ? 'limited' : 'error';
}
