import { GatewayError } from '../../core/errors.js';
import type {
  Upstream,
  UpstreamClient,
  UpstreamLink,
  UpstreamNotification,
} from '../../gateway/upstream-types.js';
import { setLevel, type LinkHolder } from './link-source.js';

/** A private connection that serves one request after the other, each perhaps of another client of the same key. */
export class LentLink implements UpstreamLink, UpstreamClient {
  readonly features: LinkHolder['features'];
  readonly #link: UpstreamLink;
  #holder: LinkHolder | null = null;
  #underWay = 0;
  #isClean = true;

  constructor(upstream: Upstream, { features, logLevel }: LinkHolder) {
    this.features = features;
    this.#link = upstream.openPrivate(this);
    if (logLevel !== null) setLevel(this.#link, logLevel);
  }

  /** Nothing of the last holder's can reach the next one. */
  get isReusable(): boolean {
    return this.#isClean && this.#underWay === 0;
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

  onRequest(method: string, paramsJson: string, signal: AbortSignal): Promise<string> {
    return (
      this.#holder?.onRequest(method, paramsJson, signal) ??
      Promise.reject(new GatewayError('METHOD_NOT_FOUND'))
    );
  }

  onNotification(notification: UpstreamNotification): void {
    this.#holder?.onNotification(notification);
  }
}
