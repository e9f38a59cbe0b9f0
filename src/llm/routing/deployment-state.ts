import type { ModelDeployment, ModelRoutingConfig } from '../../config/gateway-config.js';
import { RateWindow } from './rate-window.js';

/** A failure counts with the one before it when it comes this soon after. */
const rowMs = 60_000;
/** Rests double from the configured length up to this one, while the deployment goes on failing. */
const longestCoolDownMs = 60_000;

/** How a failure counts: `sure` cools down at once (nobody listens, wrong key, 429), `perhaps` when it repeats. */
export type FailureWeight = 'none' | 'perhaps' | 'sure';

/** What is known of a deployment from its last calls. In memory: every replica finds out by itself. */
export class DeploymentState {
  inFlight = 0;
  readonly #requests = new RateWindow();
  readonly #tokens = new RateWindow();
  #failures = 0;
  #lastFailureAt = 0;
  #coolDowns = 0;
  #coolUntil = 0;

  constructor(
    private current: ModelDeployment,
    private routing: ModelRoutingConfig,
  ) {}

  get deployment(): ModelDeployment {
    return this.current;
  }

  /** The same deployment as a reload read it; its key may be another. */
  renew(deployment: ModelDeployment, routing: ModelRoutingConfig): void {
    this.current = deployment;
    this.routing = routing;
  }

  /** Requests in flight, as they would be if all weights were alike. */
  load(meanWeight: number): number {
    return (this.inFlight * meanWeight) / Math.max(this.deployment.weight, Number.EPSILON);
  }

  isCool(now: number): boolean {
    return now < this.#coolUntil;
  }

  /** null when `rpm` and `tpm` leave room, else whole seconds until they do. */
  secondsUntilRoom(now: number): number | null {
    const { rpm, tpm } = this.deployment;
    if (rpm !== null && this.#requests.count(now) + 1 > rpm)
      return this.#requests.secondsUntilBelow(rpm, now);
    if (tpm !== null && this.#tokens.count(now) >= tpm) return this.#tokens.secondsUntilBelow(tpm, now);
    return null;
  }

  begin(now: number): void {
    this.inFlight += 1;
    this.#requests.add(1, now);
  }

  end(): void {
    this.inFlight -= 1;
  }

  addTokens(tokens: number, now: number): void {
    this.#tokens.add(tokens, now);
  }

  succeeded(): void {
    this.#failures = 0;
    this.#coolDowns = 0;
  }

  /** @param retryAfterSeconds what the provider asked for, if it did */
  failed(weight: FailureWeight, now: number, retryAfterSeconds: number | null): void {
    if (weight === 'none') return;
    const { allowedFails, cooldownMs } = this.routing;
    this.#failures = now - this.#lastFailureAt > rowMs ? 1 : this.#failures + 1;
    this.#lastFailureAt = now;
    if (weight === 'perhaps' && this.#failures < allowedFails) return;
    const longestMs = Math.max(longestCoolDownMs, cooldownMs);
    const coolDownMs = Math.min(longestMs, cooldownMs * 2 ** this.#coolDowns);
    this.#coolDowns += 1;
    this.#coolUntil = now + (retryAfterSeconds === null ? coolDownMs : Math.max(1, retryAfterSeconds) * 1000);
  }
}
