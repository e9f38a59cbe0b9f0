import { encodeFeatures } from '../../core/client-features.js';
import { GatewayError } from '../../core/errors.js';
import type {
  Upstream,
  UpstreamClient,
  UpstreamLink,
  UpstreamNotification,
} from '../../gateway/upstream-types.js';
import type { LinkHolder } from './link-source.js';

/** A private connection that serves one request after the other, each perhaps of another client of the same key. */
export class LentLink implements UpstreamLink, UpstreamClient {
  readonly features: LinkHolder['features'];
  readonly logLevel: string | null;
  /** Since when nobody has it, on the clock of `performance.now()`. */
  idleSince = 0;
  readonly #kind: string;
  readonly #config: Upstream['config'];
  readonly #link: UpstreamLink;
  #holder: LinkHolder | null = null;
  #underWay = 0;
  #isClean = true;

  constructor(
    readonly upstream: Upstream,
    holder: LinkHolder,
  ) {
    this.features = holder.features;
    this.logLevel = holder.logLevel;
    this.#kind = kindOf(holder);
    this.#config = upstream.config;
    this.#link = upstream.openPrivate(this);
  }

  /** Nothing of the last holder's is under way that could reach the next one. */
  get isReusable(): boolean {
    return this.#isClean && this.#underWay === 0 && !this.isStale;
  }

  /** What is configured anew leads elsewhere. */
  get isStale(): boolean {
    return this.upstream.config !== this.#config;
  }

  /** Whether the upstream knows its client as it would know this one. */
  suits(upstream: Upstream, holder: LinkHolder): boolean {
    return this.upstream === upstream && this.#kind === kindOf(holder) && !this.isStale;
  }

  lendTo(holder: LinkHolder | null): void {
    this.#holder = holder;
  }

  request(request: Parameters<UpstreamLink['request']>[0]): ReturnType<UpstreamLink['request']> {
    const call = this.#link.request(request);
    this.#underWay++;
    call.outcome.then(
      () => this.#underWay--,
      () => {
        this.#underWay--;
        // What was called off or given up may still go on over there.
        this.#isClean = false;
      },
    );
    return call;
  }

  notify(method: string, paramsJson: string): void {
    this.#link.notify(method, paramsJson);
  }

  close(): Promise<void> {
    return this.#link.close();
  }

  async onRequest(method: string, paramsJson: string, signal: AbortSignal): Promise<string> {
    if (this.#holder === null) throw new GatewayError('METHOD_NOT_FOUND');
    this.#underWay++;
    try {
      return await this.#holder.onRequest(method, paramsJson, signal);
    } finally {
      this.#underWay--;
    }
  }

  onNotification(notification: UpstreamNotification): void {
    this.#holder?.onNotification(notification);
  }
}

function kindOf({ keyId, features, logLevel }: LinkHolder): string {
  return JSON.stringify([keyId, encodeFeatures(features), logLevel]);
}
