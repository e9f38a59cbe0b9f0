import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';

import type { CatalogTool } from '../core/catalog.js';
import { noFeatures, type Askable, type ClientFeatures } from '../core/client-features.js';
import { authorize } from '../core/authorize.js';
import { GatewayError } from '../core/errors.js';
import type { AccessPolicy } from '../core/permission.js';
import { toolCost } from '../limits/tool-cost.js';
import { ToolsetService } from '../permissions/toolset.service.js';
import type { Upstream } from '../upstream-registry/upstream.js';
import { UpstreamRegistry } from '../upstream-registry/upstream-registry.service.js';
import { GATEWAY_OPTIONS, type GatewayOptions } from './gateway-options.js';
import { isConditional, isOffered, offeredOf, offerKey } from './offered.js';
import { PrincipalView, type PromptRoute, type ToolRoute, type VisibleUpstream } from './principal-view.js';
import { nameCovers, scopeCovers, scopeKey, type Scope } from './scope.js';
import { Universe } from './universe.js';

/** Views kept at once. Keys of one policy share one, so this bounds policies x scopes, not keys. */
const maxViews = 1_000;

/** How long a call may wait for what is being found out. */
const settleMs = 5_000;

/** Compiles and keeps what a policy may use. Built when asked for, thrown away when catalog, servers or toolsets change. */
@Injectable()
export class ViewService {
  readonly #views = new LRUCache<string, PrincipalView>({ max: maxViews });
  #universe: { revision: number; value: Universe } | undefined;
  #conditions: { revision: number; areThere: boolean } | undefined;

  constructor(
    private readonly registry: UpstreamRegistry,
    private readonly toolsets: ToolsetService,
    @Inject(GATEWAY_OPTIONS) private readonly options: GatewayOptions,
  ) {}

  /** Raised by anything that can change a view. */
  get revision(): number {
    return this.registry.revision + this.toolsets.revision;
  }

  /** Told after anything happened that can change a view. Returns how to stop. */
  onChange(listener: () => void): () => void {
    const unsubscribeCatalog = this.registry.onCatalogChange(listener);
    const unsubscribeToolsets = this.toolsets.onChange(listener);
    return () => {
      unsubscribeCatalog();
      unsubscribeToolsets();
    };
  }

  get universe(): Universe {
    const { revision } = this;
    if (this.#universe?.revision !== revision) {
      const configs = this.registry.list().map((upstream) => upstream.config);
      const value = new Universe(
        configs,
        this.toolsets.current(),
        this.options.separator,
        this.options.aliases,
      );
      this.#universe = { revision, value };
    }
    return this.#universe.value;
  }

  /** Throws NOT_FOUND when the scope names something unknown or something the policy gives nothing of. */
  view(policy: AccessPolicy, scope: Scope, features: ClientFeatures = noFeatures): PrincipalView {
    const scoped = scope.length === 0 ? policy.fingerprint : `${policy.fingerprint}|${scopeKey(scope)}`;
    const key = this.#tellsClientsApart ? `${scoped}#${offerKey(features)}` : scoped;
    const known = this.#views.get(key);
    if (known?.revision === this.revision) return known;
    const view = this.#compile(policy, scope, features);
    this.#views.set(key, view);
    return view;
  }

  /** Resolves when it is known of all upstreams what they offer clients that can be asked, or after a while. */
  async settle(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, settleMs)));
    await Promise.race([Promise.all(this.registry.list().map((upstream) => upstream.settle())), late]);
    clearTimeout(timer);
  }

  /** Whether any upstream offers some clients more than others; mostly none does, and all share one view. */
  get #tellsClientsApart(): boolean {
    const { revision } = this;
    if (this.#conditions?.revision !== revision) {
      const areThere = this.registry.list().some(({ catalog }) => isConditional(catalog));
      this.#conditions = { revision, areThere };
    }
    return this.#conditions.areThere;
  }

  #compile(policy: AccessPolicy, scope: Scope, features: ClientFeatures): PrincipalView {
    const { universe, revision } = this;
    const tools: ToolRoute[] = [];
    const prompts: PromptRoute[] = [];
    const whole: VisibleUpstream[] = [];
    const unmet = new Map<string, readonly Askable[]>();
    const reached = new Map<string, Upstream>();
    for (const upstream of this.registry.list()) {
      const { name } = upstream.config;
      const { catalog } = upstream;
      for (const tool of catalog?.tools ?? []) {
        if (!authorize(policy, universe, { upstream: name, tool: tool.name }).allowed) continue;
        reached.set(name, upstream);
        if (!scopeCovers(universe, scope, name, tool.name)) continue;
        const publicName = universe.qualifiedName(name, tool.name);
        if (!isOffered(tool, features)) {
          for (const asked of [publicName, tool.name]) unmet.set(asked, tool.needs ?? []);
          continue;
        }
        tools.push({
          publicName,
          upstream,
          tool,
          nameJson: JSON.stringify(tool.name),
          cost: toolCost(upstream.config.info, tool.name),
          isRepeatable: this.options.repeatsIdempotentTools && isHarmlessTwice(tool),
        });
      }
      if (!authorize(policy, universe, { upstream: name }).allowed) continue;
      reached.set(name, upstream);
      if (catalog === null || !scopeCovers(universe, scope, name, null)) continue;
      const offered = offeredOf(catalog, features);
      whole.push({ upstream, catalog: offered });
      for (const prompt of offered.prompts) {
        const publicName = universe.qualifiedName(name, prompt.name);
        prompts.push({ publicName, upstream, prompt, nameJson: JSON.stringify(prompt.name) });
      }
    }
    for (const scoped of scope.flat()) {
      if (!this.#isReachable(scoped, reached)) {
        throw new GatewayError('NOT_FOUND', { message: 'No such server, access group or toolset.' });
      }
    }
    return new PrincipalView(revision, tools, prompts, whole, unmet);
  }

  /** Whether a name of a scope leads to anything the policy allows. Unknown and forbidden names answer alike. */
  #isReachable(name: string, reached: ReadonlyMap<string, Upstream>): boolean {
    const { universe } = this;
    for (const [upstream, { catalog }] of reached) {
      if (nameCovers(universe, name, upstream, null)) return true;
      if (catalog?.tools.some((tool) => nameCovers(universe, name, upstream, tool.name)) === true)
        return true;
    }
    return false;
  }
}

/** What the tool says of itself (MCP tool annotations): hints of the upstream, acted on only where it is configured. */
function isHarmlessTwice(tool: CatalogTool): boolean {
  const { annotations } = JSON.parse(tool.json) as {
    annotations?: { readOnlyHint?: unknown; idempotentHint?: unknown };
  };
  return annotations?.readOnlyHint === true || annotations?.idempotentHint === true;
}
