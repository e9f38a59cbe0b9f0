import { Inject, Injectable } from '@nestjs/common';

import { GatewayError } from '../../core/errors.js';
import type { CallContext } from '../call-context.js';
import type { Cancellation } from '../cancellation.js';
import type { CompletionRequest } from '../completion-request.js';
import type { JsonObject } from '../json.js';
import { LLM_CONFIG, type LlmConfig } from '../llm-config.js';
import { COMPLETION_TOOLS, type CompletionTools } from '../ports/completion-tools.js';
import { nameDeployment, sendProviderError } from '../relay/answer-writer.js';
import { ModelRouter, type RoutedAnswer } from '../routing/model-router.service.js';
import { canAskForUsage, withUsage } from '../usage/stream-usage.js';
import { addUsage, readUsage } from '../usage/token-usage.js';
import type { Conversation, LoopStop, ModelRound } from './conversation.js';
import { openConversation } from './conversations.js';
import { LoopClock } from './loop-clock.js';
import type { McpEntry } from './mcp-entries.js';
import { OfferedTools } from './offered-tools.js';
import { runToolCalls, type ModelToolCall, type ToolRun } from './tool-runner.js';

/** Models with the gateway's tools: asks the model, runs what it calls, and asks again until it is finished. */
@Injectable()
export class ToolLoop {
  constructor(
    private readonly router: ModelRouter,
    @Inject(COMPLETION_TOOLS) private readonly tools: CompletionTools,
    @Inject(LLM_CONFIG) private readonly config: LlmConfig,
  ) {}

  /** Resolves when the answer is complete. Rejects with a GatewayError; a stream may have begun by then. */
  async run(context: CallContext, request: CompletionRequest, entries: readonly McpEntry[]): Promise<void> {
    const { offered, lists } = await OfferedTools.collect(
      this.tools,
      context.principal,
      entries,
      request.json['tools'],
    );
    const conversation = openConversation(context, request, offered, this.config.limits);
    for (const list of lists) conversation.report(list);
    const clock = new LoopClock(this.config.limits.maxToolLoopMs, context.client.cancellation);
    try {
      await this.#converse(context, conversation, offered, clock);
    } finally {
      clock.stop();
    }
  }

  async #converse(
    context: CallContext,
    conversation: Conversation,
    offered: OfferedTools,
    clock: LoopClock,
  ): Promise<void> {
    let usage: JsonObject | null = null;
    let rounds = 0;
    const finish = (end: {
      back?: readonly ModelToolCall[];
      ranBeside?: readonly ToolRun[];
      stopped?: LoopStop;
    }): Promise<void> => {
      const { back = [], ranBeside = [], stopped = null } = end;
      const { costUsd } = context.metering;
      return conversation.finish({ back, ranBeside, stopped, rounds, usage, costUsd });
    };
    for (;;) {
      const stopped = rounds === 0 ? null : await mayNotGoOn(context);
      if (stopped !== null) return finish({ stopped });
      try {
        const answer = await this.#ask(context, conversation.request, clock.cancellation);
        if (answer.status >= 400) {
          refuse(context, answer);
          return;
        }
        const round = await read(conversation, answer);
        rounds += 1;
        context.metering.settle(answer, readUsage(round.usage), round.estimatedOutputTokens);
        if (round.usage !== null) usage = addUsage(usage ?? {}, round.usage);
        const here = round.calls.filter(({ name }) => isOurs(name, offered));
        const back = round.calls.filter(({ name }) => !isOurs(name, offered));
        if (here.length === 0) {
          await finish({ back });
          return;
        }
        if (rounds >= this.config.limits.maxToolRounds) {
          await finish({ back, stopped: tooManyRounds(rounds) });
          return;
        }
        const ran = await runToolCalls(this.tools, offered, here, {
          principal: context.principal,
          requestId: context.requestId,
          cancellation: clock.cancellation,
          onRun: ({ item }) => conversation.report(item),
          onCost: (costUsd) => context.metering.charge(costUsd),
        });
        if (back.length > 0) {
          await finish({ back, ranBeside: ran });
          return;
        }
        conversation.append(ran);
      } catch (thrown) {
        if (rounds === 0 || !clock.isOver) throw thrown;
        return finish({ stopped: { reason: 'max_time', message: clock.message } });
      }
    }
  }

  async #ask(
    context: CallContext,
    request: CompletionRequest,
    cancellation: Cancellation,
  ): Promise<RoutedAnswer> {
    const { principal, client, requestId } = context;
    const answer = await this.router.route({
      requestId,
      principal,
      request,
      cancellation,
      prepare: (sent, deployment) =>
        sent.operation === 'chat' && sent.isStream && canAskForUsage(deployment) ? withUsage(sent) : sent,
    });
    nameDeployment(client, answer);
    return answer;
  }
}

async function read(conversation: Conversation, answer: RoutedAnswer): Promise<ModelRound> {
  try {
    return await conversation.read(answer);
  } finally {
    if (answer.body.kind === 'stream') answer.body.close();
  }
}

function refuse({ client, metering }: CallContext, answer: RoutedAnswer): void {
  if (answer.body.kind === 'whole') sendProviderError(client, answer, answer.body.bytes, metering);
}

/** A tool that the model made up is ours too: it is told so, and the client never hears of it. */
function isOurs(name: string, offered: OfferedTools): boolean {
  const tool = offered.get(name);
  return tool === undefined ? !offered.isClientFunction(name) : tool.runsHere;
}

/** Limits are asked again before every round: each costs as much as a request of its own. */
async function mayNotGoOn({ metering }: CallContext): Promise<LoopStop | null> {
  try {
    await metering.lease.check();
    return null;
  } catch (thrown) {
    if (!(thrown instanceof GatewayError)) throw thrown;
    if (thrown.code === 'BUDGET_EXCEEDED') return { reason: 'budget_exceeded', message: thrown.message };
    if (thrown.code === 'RATE_LIMITED') return { reason: 'rate_limit_exceeded', message: thrown.message };
    throw thrown;
  }
}

function tooManyRounds(rounds: number): LoopStop {
  return {
    reason: 'max_rounds',
    message: `The gateway stopped the tool loop after ${rounds} rounds: the model kept calling tools.`,
  };
}
