import { setTimeout as sleep } from 'node:timers/promises';

import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';

import type { ModelDeployment } from '../../config/gateway-config.js';
import { GatewayError } from '../../core/errors.js';
import { LOGGER } from '../../core/logger-token.js';
import type { Principal } from '../../core/principal.js';
import type { Cancellation } from '../cancellation.js';
import type { CompletionRequest } from '../completion-request.js';
import { LLM_CONFIG, type LlmConfig } from '../llm-config.js';
import { ProviderRegistry } from '../providers/provider-registry.js';
import { attempt, type AttemptAnswer } from './attempt.js';
import { Balancer } from './balancer.js';
import type { DeploymentState } from './deployment-state.js';
import { logFailedTry } from './failure-log.js';
import { ModelDirectory, type Candidate } from './model-directory.js';
import { backoffMs, judgeError, judgeStatus, longestWaitMs, type Judgement } from './retry-policy.js';

/** A request on its way to a model. */
export interface RoutedCall {
  readonly requestId: string;
  readonly principal: Principal;
  readonly request: CompletionRequest;
  /** Cancelled when the client is gone. */
  readonly cancellation: Cancellation;
  /** Changes the request for the deployment that was chosen. */
  readonly prepare?: (request: CompletionRequest, deployment: ModelDeployment) => CompletionRequest;
}

export interface RoutedAnswer extends AttemptAnswer {
  readonly deployment: ModelDeployment;
  /** The name whose deployment answered: the one asked for, or its fallback. */
  readonly model: string;
  /** The request as it was sent. */
  readonly request: CompletionRequest;
  /** `prepare` changed it. */
  readonly isPrepared: boolean;
  /** Tells the deployment's token rate what the answer used. */
  countTokens(tokens: number): void;
}

/** The outcome of a try that was no success: an error answer of the provider, or no answer. */
type Failure = { readonly answer: RoutedAnswer } | { readonly error: GatewayError };

/** Finds a deployment that answers: load sharing, cool-down, retries before the first byte, fallbacks. */
@Injectable()
export class ModelRouter {
  readonly #balancer = new Balancer();

  constructor(
    private readonly directory: ModelDirectory,
    private readonly providers: ProviderRegistry,
    @Inject(LLM_CONFIG) private readonly config: LlmConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * Resolves to the provider's answer, an error of its own included (status >= 400, body in OpenAI's shape).
   * Rejects with a GatewayError when no provider answered.
   */
  async route(call: RoutedCall): Promise<RoutedAnswer> {
    const { principal, request } = call;
    const fallbacks = this.directory.fallbacksOf(principal, request.model);
    const names = [request.model, ...fallbacks];
    let failure: Failure | undefined;
    for (const [index, name] of names.entries()) {
      const candidates = this.directory.candidates(name);
      // Deployments that are cooling down are asked only when there is nobody else.
      const isLastResort = !names.slice(index + 1).some((other) => this.#hasWarm(other));
      const outcome = await this.#tryGroup(call, name, candidates, isLastResort);
      if ('answer' in outcome && outcome.answer.status < 400) return outcome.answer;
      if (isFinal(outcome)) return settle(outcome);
      // What the provider said of the model that was asked for tells more than that its fallback is down too.
      if (failure === undefined || 'answer' in outcome) failure = outcome;
    }
    return settle(
      failure ?? { error: new GatewayError('MODEL_NOT_FOUND', { param: 'model', name: request.model }) },
    );
  }

  #hasWarm(name: string): boolean {
    const now = Date.now();
    return this.directory
      .candidates(name)
      .some(({ state }) => !state.isCool(now) && state.secondsUntilRoom(now) === null);
  }

  async #tryGroup(
    call: RoutedCall,
    name: string,
    candidates: readonly Candidate[],
    isLastResort: boolean,
  ): Promise<Failure> {
    const tried = new Map<DeploymentState, number>();
    const excluded = new Set<DeploymentState>();
    const maxTries = 1 + Math.max(0, ...candidates.map(({ state }) => state.deployment.maxRetries));
    let failure: Failure | undefined;
    for (let tries = 0; tries < maxTries; tries += 1) {
      const open = tries === 0 ? candidates : candidates.filter(({ state }) => !excluded.has(state));
      const chosen = this.#choose(open, tried, isLastResort);
      if (chosen === undefined) break;
      const sameTries = tried.get(chosen.state) ?? 0;
      if (sameTries > 0) {
        const waitMs = backoffMs(sameTries - 1, retryAfterOf(failure));
        if (waitMs > longestWaitMs) break;
        await waitFor(waitMs, call.cancellation);
      }
      tried.set(chosen.state, sameTries + 1);
      const outcome = await this.#try(call, name, chosen);
      if (outcome.judgement === null || outcome.judgement.verdict === 'final') return outcome.result;
      if (outcome.judgement.verdict === 'elsewhere') excluded.add(chosen.state);
      failure = outcome.result;
    }
    return failure ?? { error: this.#noRoom(name, candidates) };
  }

  #choose(
    open: readonly Candidate[],
    tried: ReadonlyMap<DeploymentState, number>,
    isLastResort: boolean,
  ): Candidate | undefined {
    const now = Date.now();
    const [only] = open;
    if (open.length === 1 && only !== undefined) {
      const isFree = only.state.secondsUntilRoom(now) === null && (isLastResort || !only.state.isCool(now));
      return isFree ? only : undefined;
    }
    const withRoom = open.filter(({ state }) => state.secondsUntilRoom(now) === null);
    const warm = withRoom.filter(({ state }) => !state.isCool(now));
    if (warm.length > 0) return this.#balancer.pick(warm, tried);
    return isLastResort ? this.#balancer.pick(withRoom, tried) : undefined;
  }

  async #try(
    call: RoutedCall,
    model: string,
    { state, providerModel }: Candidate,
  ): Promise<{ result: Failure; judgement: Judgement | null }> {
    const { deployment } = state;
    const request = call.prepare?.(call.request, deployment) ?? call.request;
    try {
      const provider = this.providers.of(deployment);
      state.begin(Date.now());
      const answer = await attempt(provider, {
        operation: request.operation,
        deployment,
        model: providerModel,
        request,
        client: call.cancellation,
        maxBytes: this.config.limits.upstreamResponseBytes,
        onEnd: () => state.end(),
      });
      const routed: RoutedAnswer = {
        status: answer.status,
        contentType: answer.contentType,
        retryAfterSeconds: answer.retryAfterSeconds,
        body: answer.body,
        deployment,
        model,
        request,
        isPrepared: request !== call.request,
        countTokens: (tokens) => state.addTokens(tokens, Date.now()),
      };
      if (answer.status < 400) {
        state.succeeded();
        return { result: { answer: routed }, judgement: null };
      }
      const judgement = judgeStatus(answer.status);
      state.failed(judgement.weight, Date.now(), answer.retryAfterSeconds);
      this.#log(call, model, deployment, judgement, answer.status);
      return { result: { answer: routed }, judgement };
    } catch (thrown) {
      const error =
        thrown instanceof GatewayError ? thrown : new GatewayError('INTERNAL', {}, { cause: thrown });
      const judgement = judgeError(error);
      state.failed(judgement.weight, Date.now(), null);
      this.#log(call, model, deployment, judgement, error);
      return { result: { error }, judgement };
    }
  }

  #log(
    { requestId }: RoutedCall,
    model: string,
    deployment: ModelDeployment,
    { verdict }: Judgement,
    failure: number | GatewayError,
  ): void {
    if (verdict !== 'final') logFailedTry(this.logger, { requestId, model, deployment, failure });
  }

  #noRoom(name: string, candidates: readonly Candidate[]): GatewayError {
    const now = Date.now();
    const waits = candidates.flatMap(({ state }) => state.secondsUntilRoom(now) ?? []);
    if (waits.length === 0)
      return new GatewayError('UPSTREAM_UNAVAILABLE', {
        message: `No deployment of \`${name}\` is available.`,
      });
    const retryAfterSeconds = Math.min(...waits);
    return new GatewayError('RATE_LIMITED', {
      retryAfterSeconds,
      message: `The rate limit of every deployment of \`${name}\` is reached. Try again in ${retryAfterSeconds} s.`,
    });
  }
}

function isFinal(failure: Failure): boolean {
  const { verdict } = 'answer' in failure ? judgeStatus(failure.answer.status) : judgeError(failure.error);
  // A rate limit of our own making is no reason to spare the fallbacks.
  return verdict === 'final' && !('error' in failure && failure.error.code === 'RATE_LIMITED');
}

function settle(failure: Failure): RoutedAnswer {
  if ('error' in failure) throw failure.error;
  return failure.answer;
}

function retryAfterOf(failure: Failure | undefined): number | null {
  return failure !== undefined && 'answer' in failure ? failure.answer.retryAfterSeconds : null;
}

async function waitFor(milliseconds: number, cancellation: Cancellation): Promise<void> {
  try {
    await sleep(milliseconds, undefined, { signal: cancellation.signal });
  } catch {
    throw cancellation.reason ?? new GatewayError('CANCELLED');
  }
}
