import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';

import { ConfigService } from '../config/config.service.js';
import type { GatewayConfig } from '../config/gateway-config.js';
import { upstreamNameProblem } from '../core/tool-name.js';
import type { UpstreamConfig } from '../core/upstream.js';
import { MetricsService } from '../metrics/metrics.service.js';
import { storedUpstream, type StoredProblem, type StoredUpstreamSetting } from './stored/stored-upstream.js';
import { StoredServers } from './stored/stored-servers.service.js';
import { UpstreamRegistry } from './upstream-registry.service.js';

/** The one place that says which upstreams there are: those of the file and, beside them, the stored ones. */
@Injectable()
export class UpstreamSet implements OnModuleInit, OnModuleDestroy {
  readonly #logger = new Logger('Servers');
  readonly #stops: (() => void)[] = [];
  /** Separator, aliases and what is allowed change at a start only. */
  readonly #atStart: GatewayConfig;
  #problems: ReadonlyMap<string, StoredProblem> = new Map();

  constructor(
    private readonly config: ConfigService,
    private readonly stored: StoredServers,
    private readonly registry: UpstreamRegistry,
    private readonly metrics: MetricsService,
  ) {
    this.#atStart = config.current;
  }

  onModuleInit(): void {
    this.#apply();
    this.#stops.push(
      this.config.onChange(() => this.#apply()),
      this.stored.onChange(() => this.#apply()),
    );
  }

  onModuleDestroy(): void {
    for (const stop of this.#stops) stop();
  }

  /** Why a stored server is not among the upstreams; null when it is. */
  problemOf(id: string): StoredProblem | null {
    return this.#problems.get(id) ?? null;
  }

  /** What a stored server is judged by at this moment. */
  get storedSetting(): StoredUpstreamSetting {
    const { mcp, limits } = this.#atStart;
    return {
      reach: mcp.allowPrivateUrls ? 'private' : 'public',
      variables: { allowList: mcp.storedVariableAllowList, env: process.env },
      maxConcurrentRequests: limits.upstreamInFlight,
    };
  }

  /** Why a server cannot be called so; null when it can, if nobody else is. */
  nameProblem(name: string): string | null {
    return upstreamNameProblem(name, this.#atStart.mcp.separator);
  }

  /**
   * Whether `name` (compared without regard to case) is a name, id or alias of a server other than the stored one
   * `exceptId`, so that nobody else can have it.
   */
  isTaken(name: string, exceptId: string | null = null): boolean {
    const wanted = name.toLowerCase();
    const stored = this.stored.list().filter(({ id }) => id !== exceptId);
    return this.#namesOfFile().has(wanted) || stored.some(({ id, name }) => isNamed(wanted, id, name));
  }

  #namesOfFile(): Set<string> {
    const names = this.config.current.upstreams.flatMap(({ id, name }) => [id, name]);
    return new Set([...names, ...Object.keys(this.#atStart.mcpAliases)].map((name) => name.toLowerCase()));
  }

  #apply(): void {
    const all: UpstreamConfig[] = [...this.config.current.upstreams];
    const problems = new Map<string, StoredProblem>();
    const taken = this.#namesOfFile();
    for (const server of this.stored.list()) {
      const { id, name } = server;
      if (taken.has(name.toLowerCase()) || taken.has(id.toLowerCase())) {
        problems.set(id, {
          param: 'server_name',
          message: 'A server of the configuration file is called so.',
        });
        continue;
      }
      const upstream = storedUpstream(id, server, this.storedSetting);
      if ('value' in upstream) all.push(upstream.value);
      else problems.set(id, upstream.problem);
    }
    this.#logNew(problems);
    this.#problems = problems;
    this.registry.reconfigure(all);
    this.metrics.setUpstreams(all.map(({ name }) => name));
  }

  #logNew(problems: ReadonlyMap<string, StoredProblem>): void {
    const names = new Map(this.stored.list().map(({ id, name }) => [id, name]));
    for (const [id, { message }] of problems)
      if (this.#problems.get(id)?.message !== message)
        this.#logger.warn(`The stored server ${names.get(id) ?? id} is left out: ${message}`);
  }
}

const isNamed = (wanted: string, id: string, name: string): boolean =>
  id.toLowerCase() === wanted || name.toLowerCase() === wanted;
