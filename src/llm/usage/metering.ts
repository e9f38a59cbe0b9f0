import type { UsageLease } from '../ports/usage-port.js';
import type { RoutedAnswer } from '../routing/model-router.service.js';
import { estimateInputTokens } from './estimate.js';
import { costOf, type TokenUsage } from './token-usage.js';

/** A token of the cheapest models costs less than a millionth of a dollar. */
export const costDigits = 10;

/** What one request used, answer by answer. */
export class Metering {
  #costUsd = 0;

  constructor(readonly lease: UsageLease) {}

  /** US dollars of all answers and tool calls so far. */
  get costUsd(): number {
    return Number(this.#costUsd.toFixed(costDigits));
  }

  /** Adds what a tool call cost; the one door has settled it already. */
  charge(costUsd: number): void {
    this.#costUsd += costUsd;
  }

  /** @param usage what the provider said; null: counted by size, the output as `estimatedOutputTokens` */
  settle(answer: RoutedAnswer, usage: TokenUsage | null, estimatedOutputTokens: number): void {
    const { deployment, model } = answer;
    const used = usage ?? {
      inputTokens: estimateInputTokens(answer.request.json),
      outputTokens: estimatedOutputTokens,
    };
    const costUsd = costOf(deployment, used);
    this.#costUsd += costUsd;
    answer.countTokens(used.inputTokens + used.outputTokens);
    this.lease.settle({
      model,
      deploymentId: deployment.id,
      provider: deployment.provider,
      ...used,
      costUsd,
      estimated: usage === null,
    });
  }
}
