import { Inject, Injectable } from '@nestjs/common';

import { mayCallRoute } from '../../auth/allowed-routes.js';
import { Authenticator } from '../../auth/authenticator.service.js';
import type { Identity } from '../../auth/key-record.js';
import { authorize } from '../../core/authorize.js';
import { GatewayError } from '../../core/errors.js';
import type { AccessTarget, Decision, LevelDecision } from '../../core/permission.js';
import type { Principal } from '../../core/principal.js';
import { VirtualKeyService } from '../../directory/virtual-key.service.js';
import { notFound, requireOn } from '../../permissions/require-on.js';
import type { Upstream } from '../../upstream-registry/upstream.js';
import type { AdminRequest } from '../admin-request.js';
import { CallerService } from '../caller.service.js';
import { wantedKey } from '../keys/key-changer.service.js';
import { MCP_INSIGHT, type McpInsight } from '../ports/mcp-insight.js';
import { administersMcp } from './visible-mcp.js';

export interface ExplainQuestion {
  readonly key?: string | undefined;
  readonly tool?: string | undefined;
  readonly server?: string | undefined;
}

/** What a question is about; `upstream` is null for a name that nothing has. */
interface Target extends AccessTarget {
  readonly known: Upstream | null;
  /** Set where nobody sees the tool, whatever permissions say. */
  readonly refusal?: LevelDecision;
}

/** Says why a key can or cannot use a tool or a server: by the very decision that calls and lists go through. */
@Injectable()
export class Explain {
  constructor(
    private readonly callers: CallerService,
    private readonly keys: VirtualKeyService,
    private readonly authenticator: Authenticator,
    @Inject(MCP_INSIGHT) private readonly mcp: McpInsight,
  ) {}

  /** About the caller's own key unless another is named. Throws NOT_FOUND, AMBIGUOUS_TOOL_NAME. */
  async explain({ principal }: AdminRequest, question: ExplainQuestion) {
    const target = this.#target(question);
    const { principal: about, refusal } = await this.#about(principal, question.key);
    const decision = this.#decide(about, refusal ?? target.refusal ?? null, target);
    if (target.known === null && (decision.allowed || administersMcp(principal))) throw unknown(question);
    const maySee = target.known !== null && (decision.allowed || administersMcp(principal));
    return {
      allowed: decision.allowed,
      key_id: about.keyId,
      server: maySee ? target.upstream : (question.server ?? null),
      tool: question.tool ?? null,
      decided_by: row(decision.decidedBy),
      levels: decision.levels.map(row),
      upstream: maySee ? upstreamRow(target.known, administersMcp(principal)) : null,
    };
  }

  async #about(
    caller: Principal,
    lookup: string | undefined,
  ): Promise<{ principal: Principal; refusal: LevelDecision | null }> {
    if (lookup === undefined) return { principal: caller, refusal: null };
    const [key = null] = await this.keys.find([lookup]);
    requireOn(await this.callers.of(caller), 'access.explain', 'keys.read', wantedKey(key));
    const identity = key === null ? null : await this.authenticator.identify(key.id);
    if (identity === null) throw notFound({ noun: 'Key', param: 'key' });
    return { principal: identity.principal, refusal: refusalOf(identity) };
  }

  #decide(about: Principal, refusal: LevelDecision | null, target: AccessTarget): Decision {
    const decision = authorize(about.policy, this.mcp.universe, target);
    return refusal === null ? decision : { ...decision, allowed: false, decidedBy: refusal };
  }

  /** Qualified names first; a bare name when one server has it, or of the server that is named. */
  #target({ tool, server }: ExplainQuestion): Target {
    const { universe } = this.mcp;
    const upstreamName = server === undefined ? undefined : universe.upstreamName(server);
    const upstreams = this.mcp
      .upstreams()
      .filter(({ config }) => server === undefined || config.name === upstreamName);
    if (tool === undefined) {
      const [known = null] = upstreams;
      return { upstream: upstreamName ?? server ?? '', known };
    }
    const tools = upstreams.flatMap((known) =>
      (known.catalog?.tools ?? []).map(({ name }) => ({ known, upstream: known.config.name, tool: name })),
    );
    const exact = tools.find((it) => universe.qualifiedName(it.upstream, it.tool) === tool);
    if (exact !== undefined) return exact;
    const bare = tools.filter((it) => it.tool === tool);
    if (bare.length > 1) {
      const names = bare.map((it) => universe.qualifiedName(it.upstream, it.tool)).join(', ');
      throw new GatewayError('AMBIGUOUS_TOOL_NAME', {
        param: 'tool',
        message: `Several servers have this tool. Use one of: ${names}`,
      });
    }
    return bare[0] ?? this.#withheld(upstreams, tool) ?? { upstream: server ?? tool, tool, known: null };
  }

  /** Tools of pinned servers that wait for approval. */
  #withheld(upstreams: readonly Upstream[], wanted: string): Target | undefined {
    const { universe } = this.mcp;
    for (const known of upstreams) {
      const { name, id } = known.config;
      const tool = known.withheld.find(
        (it) => it.name === wanted || universe.qualifiedName(name, it.name) === wanted,
      );
      const refusal = { level: 'upstream', id, allowed: false, rule: 'withheld' } as const;
      if (tool !== undefined) return { known, upstream: name, tool: tool.name, refusal };
    }
    return undefined;
  }
}

const unknown = ({ tool, server }: ExplainQuestion): GatewayError =>
  tool === undefined
    ? new GatewayError('NOT_FOUND', { param: 'server', message: `No server is called ${server ?? ''}.` })
    : new GatewayError('UNKNOWN_TOOL', { param: 'tool', tool });

/** What refuses a key before any permission is asked. */
function refusalOf({ principal, blockedBy }: Identity): LevelDecision | null {
  const { keyId, expiresAtMs } = principal;
  if (blockedBy !== null) return { level: blockedBy.kind, id: blockedBy.id, allowed: false, rule: 'blocked' };
  if (expiresAtMs !== null && expiresAtMs <= Date.now()) {
    return { level: 'key', id: keyId, allowed: false, rule: 'expired' };
  }
  if (!mayCallRoute(principal, 'POST', '/mcp'))
    return { level: 'key', id: keyId, allowed: false, rule: 'allowed_routes' };
  return null;
}

const row = ({ level, id, rule, allowed }: LevelDecision) => ({ level, id, rule, allowed });

function upstreamRow(upstream: Upstream | null, withFailure: boolean) {
  if (upstream === null) return null;
  const { state, since, lastFailure, toolCount } = upstream.status();
  return {
    name: upstream.config.name,
    state,
    since: since.toISOString(),
    tool_count: toolCount,
    last_failure:
      withFailure && lastFailure !== null ? { ...lastFailure, at: lastFailure.at.toISOString() } : null,
  };
}
