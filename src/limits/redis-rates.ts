import { RateLimiterRedis } from 'rate-limiter-flexible';

import type { LimitRule, LimitSelection } from './limit-rule.js';
import type { Refusal } from './limit-refusal.js';
import type { RedisLink } from './redis-link.js';

/** Requests and tokens a minute, counted in Redis by rate-limiter-flexible: windows that begin with their first request. */
export class RedisRates {
  readonly #limiter: RateLimiterRedis;

  constructor(
    link: RedisLink,
    prefix: string,
    private readonly windowSeconds: number,
  ) {
    this.#limiter = new RateLimiterRedis({
      storeClient: link.client,
      keyPrefix: `${prefix}:rate`,
      duration: windowSeconds,
      // Limits differ from level to level: the library counts, and the rule says what is too much.
      points: Number.MAX_SAFE_INTEGER,
    });
  }

  /** Counts the request; null when every rule lets it in, otherwise nothing stays counted. Rejects when Redis does. */
  async take({ rates, tokens }: LimitSelection, nowMs: number): Promise<Refusal | null> {
    const counting = rates.map((rule) => this.#limiter.consume(rule.counter, 1));
    const reading = tokens.map((rule) => this.#limiter.get(rule.counter));
    const [counted, read] = await Promise.all([Promise.all(counting), Promise.all(reading)]);
    const refusals = [
      ...rates.map((rule, index) => this.#refusal(rule, counted[index] ?? null, 1, nowMs)),
      ...tokens.map((rule, index) => this.#refusal(rule, read[index] ?? null, 0, nowMs)),
    ];
    const refusal = refusals.find((candidate) => candidate !== null) ?? null;
    if (refusal !== null) this.giveBack(rates);
    return refusal;
  }

  /** `own`: what of the count is this request itself. */
  #refusal(
    rule: LimitRule,
    result: { readonly consumedPoints: number; readonly msBeforeNext: number } | null,
    own: number,
    nowMs: number,
  ): Refusal | null {
    const before = (result?.consumedPoints ?? own) - own;
    if (before < rule.limit) return null;
    const waitMs =
      result === null || result.msBeforeNext <= 0 ? this.windowSeconds * 1000 : result.msBeforeNext;
    return { rule, reason: 'reached', resetsAtMs: nowMs + waitMs };
  }

  /** Takes a counted request back; when Redis is away by now the window ends without it. */
  giveBack(rules: readonly LimitRule[]): void {
    for (const rule of rules) this.#limiter.reward(rule.counter, 1).catch(() => undefined);
  }

  addTokens(rules: readonly LimitRule[], tokens: number): void {
    for (const rule of rules) this.#limiter.penalty(rule.counter, Math.round(tokens)).catch(() => undefined);
  }
}
