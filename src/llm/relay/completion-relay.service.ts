import { Inject, Injectable } from '@nestjs/common';

import { GatewayError } from '../../core/errors.js';
import type { CompletionRequest } from '../completion-request.js';
import { tryParse } from '../json.js';
import { LLM_CONFIG, type LlmConfig } from '../llm-config.js';
import type { CallContext } from '../call-context.js';
import { doneEvent } from '../translate/chat-wire.js';
import { ModelRouter, type RoutedAnswer } from '../routing/model-router.service.js';
import { tokensOfCharacters } from '../usage/estimate.js';
import { withUsageForSpend } from '../usage/stream-usage.js';
import { readUsage } from '../usage/token-usage.js';
import { nameDeployment, sendProviderError, sendWhole } from './answer-writer.js';
import { SseSplitter } from './sse-splitter.js';
import { StreamWatch } from './stream-watch.js';

/** One request, one answer: what the provider says goes to the client as it comes. */
@Injectable()
export class CompletionRelay {
  constructor(
    private readonly router: ModelRouter,
    @Inject(LLM_CONFIG) private readonly config: LlmConfig,
  ) {}

  /** Resolves when the answer is complete. Rejects with a GatewayError; a stream may have begun by then. */
  async relay(context: CallContext, request: CompletionRequest): Promise<void> {
    const { client, principal, requestId, metering } = context;
    const answer = await this.router.route({
      requestId,
      principal,
      request,
      cancellation: client.cancellation,
      prepare: withUsageForSpend,
    });
    nameDeployment(client, answer);
    if (answer.body.kind === 'stream') {
      const { body } = answer;
      await this.#relayStream(context, answer, body.chunks).finally(() => body.close());
      return;
    }
    const { bytes, members } = answer.body;
    if (answer.status >= 400) {
      sendProviderError(client, answer, bytes, metering);
      return;
    }
    const range = members.get('usage');
    const usage =
      range === undefined ? null : readUsage(tryParse(bytes.toString('utf8', range.start, range.end)));
    metering.settle(answer, usage, request.operation === 'embeddings' ? 0 : tokensOfCharacters(bytes.length));
    sendWhole(client, answer, bytes, metering);
  }

  async #relayStream(
    { client, metering }: CallContext,
    answer: RoutedAnswer,
    chunks: AsyncIterable<Buffer>,
  ): Promise<void> {
    const { operation } = answer.request;
    const hidesUsage = answer.isPrepared;
    const splitter = new SseSplitter(this.config.limits.upstreamResponseBytes);
    const watch = new StreamWatch(operation, answer.deployment, hidesUsage);
    client.openStream(answer.contentType);
    try {
      for await (const chunk of chunks) {
        const events = splitter.push(chunk);
        const { passed, fault } = lookOver(events, watch);
        const room = passed.length === 0 ? undefined : client.write(joined(chunk, passed));
        if (room !== undefined) await room;
        if (fault !== null) throw fault;
        if (watch.isDone || watch.hasFailed) break;
      }
      if (!watch.isDone && !watch.hasFailed) {
        if (!watch.hasFinished || splitter.hasPartialEvent) throw cut();
        await client.write(doneEvent);
      }
    } finally {
      metering.settle(answer, watch.usage, watch.estimatedOutputTokens);
    }
    client.end();
  }
}

/** What the client gets of these events, up to the first that cannot be passed on. */
function lookOver(
  events: readonly Buffer[],
  watch: StreamWatch,
): { passed: Buffer[]; fault: GatewayError | null } {
  const passed: Buffer[] = [];
  for (const event of events) {
    try {
      const seen = watch.see(event);
      if (seen !== null) passed.push(seen);
    } catch (thrown) {
      if (thrown instanceof GatewayError) return { passed, fault: thrown };
      throw thrown;
    }
    if (watch.isDone || watch.hasFailed) break;
  }
  return { passed, fault: null };
}

/** Mostly a chunk is a number of whole events that all pass: then it is sent as it is. */
function joined(chunk: Buffer, passed: readonly Buffer[]): Buffer {
  const [first] = passed;
  if (passed.length === 1 && first !== undefined) return first;
  const length = passed.reduce((sum, event) => sum + event.length, 0);
  const isWholeChunk = length === chunk.length && passed.every(({ buffer }) => buffer === chunk.buffer);
  return isWholeChunk && first?.byteOffset === chunk.byteOffset ? chunk : Buffer.concat(passed, length);
}

function cut(): GatewayError {
  return new GatewayError('UPSTREAM_UNAVAILABLE', {
    message: 'The provider of this model broke off before the end of its answer.',
  });
}
