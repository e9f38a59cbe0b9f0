import type { LimitLevel } from '../core/limits.js';

export type LimitName =
  'rpm_limit' | 'tpm_limit' | 'max_parallel_requests' | 'mcp_rpm_limit' | 'mcp_calls_per_day' | 'max_budget';

/** One limit of one level. Rules of principals that share a level share its counter. */
export interface LimitRule {
  readonly name: LimitName;
  readonly level: LimitLevel;
  /** Requests, tokens or slots; US dollars for a budget. */
  readonly limit: number;
  /** Only for `mcp_rpm_limit`. */
  readonly upstream: string | null;
  /** Names the counter; without the window, which time chooses. */
  readonly counter: string;
}

export type LimitedKind = 'tool_call' | 'request' | 'completion';

/** What a request is, as far as limits are concerned. */
export interface LimitedRequest {
  readonly kind: LimitedKind;
  /** Canonical name and id of the upstream of a tool call; a limit may name it by either. */
  readonly upstream?: string;
  readonly upstreamId?: string;
  /** A tool call within a completion that holds a slot itself: it takes none of its own. */
  readonly isNested?: boolean;
}

/** The rules one request has to pass, by what has to be done for them. */
export interface LimitSelection {
  /** Refuse when used up; costs are added afterwards. */
  readonly budgets: readonly LimitRule[];
  /** Tool calls a day. */
  readonly quotas: readonly LimitRule[];
  /** Requests and tool calls a minute. */
  readonly rates: readonly LimitRule[];
  /** Tokens a minute: refuse when used up; tokens are added afterwards. */
  readonly tokens: readonly LimitRule[];
  readonly slots: readonly LimitRule[];
  readonly isEmpty: boolean;
}

/** The limits of a principal, sorted once by the requests they apply to. */
export class LimitPlan {
  readonly #selections = new Map<string, LimitSelection>();
  readonly #rules: readonly LimitRule[];
  readonly #limitedUpstreams: ReadonlySet<string | null>;

  constructor(levels: readonly LimitLevel[]) {
    this.#rules = levels.flatMap(rulesOf);
    this.#limitedUpstreams = new Set(this.#rules.map((rule) => rule.upstream));
  }

  /** The same object for the same kind of request, so that nothing is made on the way of a call. */
  select(request: LimitedRequest): LimitSelection {
    const { kind, upstream, upstreamId, isNested = false } = request;
    // Only upstreams with a limit of their own are told apart: what a client names makes no entry.
    const isLimited = this.#isLimited(upstream) || this.#isLimited(upstreamId);
    const key =
      isLimited || isNested ? `${kind}:${isNested ? 1 : 0}:${isLimited ? (upstream ?? '') : ''}` : kind;
    let selection = this.#selections.get(key);
    if (selection === undefined) {
      selection = this.#make(kind, [upstream, upstreamId], isNested);
      this.#selections.set(key, selection);
    }
    return selection;
  }

  #isLimited(upstream: string | undefined): boolean {
    return upstream !== undefined && this.#limitedUpstreams.has(upstream);
  }

  #make(kind: LimitedKind, upstream: readonly (string | undefined)[], isNested: boolean): LimitSelection {
    const named = (...names: LimitName[]): LimitRule[] =>
      this.#rules.filter(
        (rule) => names.includes(rule.name) && (rule.upstream === null || upstream.includes(rule.upstream)),
      );
    const selection = {
      budgets: kind === 'request' ? [] : named('max_budget'),
      quotas: kind === 'tool_call' ? named('mcp_calls_per_day') : [],
      rates: kind === 'tool_call' ? named('rpm_limit', 'mcp_rpm_limit') : named('rpm_limit'),
      tokens: kind === 'completion' ? named('tpm_limit') : [],
      slots: isNested ? [] : named('max_parallel_requests'),
    };
    return { ...selection, isEmpty: Object.values(selection).every((rules) => rules.length === 0) };
  }
}

function rulesOf(level: LimitLevel): LimitRule[] {
  const { limits } = level;
  const rules: LimitRule[] = [];
  const add = (
    name: LimitName,
    limit: number | undefined,
    upstream: string | null = null,
    window = '',
  ): void => {
    if (limit === undefined) return;
    const counter = [name, level.kind, level.id, upstream ?? window].join(':');
    rules.push({ name, level, limit, upstream, counter });
  };
  add('rpm_limit', limits.rpmLimit);
  add('tpm_limit', limits.tpmLimit);
  add('max_parallel_requests', limits.maxParallelRequests);
  for (const [upstream, limit] of Object.entries(limits.mcpRpmLimit ?? {}))
    add('mcp_rpm_limit', limit, upstream);
  add('mcp_calls_per_day', limits.mcpCallsPerDay);
  add('max_budget', limits.maxBudget, null, `${limits.budgetDuration ?? ''}@${limits.budgetResetAtMs ?? 0}`);
  return rules;
}
