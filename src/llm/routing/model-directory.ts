import { Inject, Injectable } from '@nestjs/common';

import type { ModelDeployment } from '../../config/gateway-config.js';
import { GatewayError } from '../../core/errors.js';
import type { Principal } from '../../core/principal.js';
import { asArray } from '../json.js';
import { LLM_CONFIG, type LlmConfig } from '../llm-config.js';
import { DeploymentState } from './deployment-state.js';
import { mayUseModel, visibleNames } from './model-access.js';
import { wildcardCaptures } from './wildcard.js';

/** A deployment that can answer for a model name. */
export interface Candidate {
  readonly state: DeploymentState;
  /** The provider's own model name, wildcards filled in. */
  readonly providerModel: string;
}

export interface ListedModel {
  readonly id: string;
  readonly provider: string;
}

/** Which deployments stand behind a model name, and which names a principal may use. */
@Injectable()
export class ModelDirectory {
  #exact = new Map<string, readonly Candidate[]>();
  /** The most specific pattern first. */
  #patterns: [string, DeploymentState[]][] = [];
  #fallbacks: Readonly<Record<string, readonly string[]>> = {};
  #states = new Map<string, DeploymentState>();

  constructor(@Inject(LLM_CONFIG) config: LlmConfig) {
    this.load(config);
  }

  /** Takes over a configuration. Deployments that did not change keep what was learned of them. */
  load({ models, modelFallbacks, modelRouting }: Omit<LlmConfig, 'limits'>): void {
    const states = new Map<string, DeploymentState>();
    const byName = new Map<string, DeploymentState[]>();
    models.forEach((deployment, index) => {
      // Two entries may be equal to the letter: they share the load as two.
      const key = states.has(deployment.id) ? `${deployment.id}#${index}` : deployment.id;
      const state = this.#states.get(key) ?? new DeploymentState(deployment, modelRouting);
      state.renew(deployment, modelRouting);
      states.set(key, state);
      const group = byName.get(deployment.modelName);
      if (group === undefined) byName.set(deployment.modelName, [state]);
      else group.push(state);
    });
    this.#states = states;
    this.#fallbacks = modelFallbacks;
    this.#exact = new Map(
      [...byName]
        .filter(([name]) => !name.includes('*'))
        .map(([name, group]) => [name, group.map(toCandidate)]),
    );
    this.#patterns = [...byName]
      .filter(([name]) => name.includes('*'))
      .sort(([a], [b]) => b.length - a.length);
  }

  /**
   * Deployments of a model. Empty when there is none.
   * An exact name beats wildcards, a longer pattern a shorter one.
   */
  candidates(model: string): readonly Candidate[] {
    const exact = this.#exact.get(model);
    if (exact !== undefined) return exact;
    for (const [pattern, states] of this.#patterns) {
      const captures = wildcardCaptures(pattern, model);
      if (captures !== null) {
        return states.map((state) => ({ state, providerModel: fillIn(state.deployment, captures) }));
      }
    }
    return [];
  }

  /** Whether every list of the principal has the model, by name or by one of its access groups. */
  mayUse(principal: Principal, model: string): boolean {
    return (
      principal.modelAllowLists.length === 0 ||
      mayUseModel(
        principal,
        model,
        this.candidates(model).flatMap(({ state }) => groupsOf(state)),
      )
    );
  }

  /**
   * Throws unless the principal may use the model and somebody answers for it. The list is asked first: a key with a
   * list cannot find out which other models there are.
   */
  require(principal: Principal, model: string): void {
    if (!this.mayUse(principal, model)) {
      throw new GatewayError('MODEL_NOT_ALLOWED', {
        param: 'model',
        message: `This virtual key may not use the model \`${model}\`. GET /v1/models lists the ones it may.`,
      });
    }
    if (this.candidates(model).length === 0)
      throw new GatewayError('MODEL_NOT_FOUND', { param: 'model', name: model });
  }

  /** Models tried when none of `model`'s deployments can answer: only those the principal may use. */
  fallbacksOf(principal: Principal, model: string): readonly string[] {
    const names =
      (Object.hasOwn(this.#fallbacks, model) ? this.#fallbacks[model] : this.#fallbacks['*']) ?? [];
    return names.filter(
      (name) => name !== model && this.mayUse(principal, name) && this.candidates(name).length > 0,
    );
  }

  list(principal: Principal): readonly ListedModel[] {
    const listed = new Map<string, ListedModel>();
    for (const state of this.#states.values()) {
      const { modelName, provider } = state.deployment;
      for (const id of visibleNames(principal, modelName, groupsOf(state)))
        if (!listed.has(id)) listed.set(id, { id, provider });
    }
    return [...listed.values()];
  }
}

/** LiteLLM's `model_info.access_groups`: names for several models at once, in `models` lists. */
function groupsOf({ deployment }: DeploymentState): readonly string[] {
  return asArray(deployment.info['access_groups']).filter((group) => typeof group === 'string');
}

function toCandidate(state: DeploymentState): Candidate {
  return { state, providerModel: state.deployment.providerModel };
}

/** `openai/*` for `openai/gpt-4o` is `gpt-4o`: what the wildcards of the name stand for fills those of the model. */
function fillIn(deployment: ModelDeployment, captures: readonly string[]): string {
  const { provider, providerModel } = deployment;
  if (!providerModel.includes('*')) return providerModel;
  let next = 0;
  const filled = providerModel.replaceAll('*', () => captures[next++] ?? '');
  // `model_name: "*"` with `model: "openai/*"` is also asked for `openai/gpt-4o`.
  return filled.startsWith(`${provider}/`) ? filled.slice(provider.length + 1) : filled;
}
