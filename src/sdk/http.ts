import { ToolgateError } from './toolgate-error.js';

export interface HttpOptions {
  /** Address of the gateway, e.g. `http://localhost:4000`. */
  readonly url: string | URL;
  /** Virtual key, `sk-...`. */
  readonly key: string;
  /** Default: the `fetch` of the platform. */
  readonly fetch?: typeof globalThis.fetch;
}

/** Asks the gateway's REST routes. Everything but a 2xx with JSON rejects as `ToolgateError`; an abort with its reason. */
export class Http {
  readonly #base: string;
  readonly #key: string;
  readonly #fetch: typeof globalThis.fetch;

  /** Throws TypeError when `url` is no address of HTTP. */
  constructor({ url, key, fetch }: HttpOptions) {
    if (!/^https?:\/\//i.test(String(url))) throw new TypeError('url must begin with http:// or https://');
    const { origin, pathname } = new URL(url);
    this.#base = `${origin}${pathname}`.replace(/\/+$/, '');
    this.#key = key;
    this.#fetch = fetch ?? ((...call) => globalThis.fetch(...call));
  }

  get(path: string, signal?: AbortSignal): Promise<unknown> {
    return this.#send(path, { method: 'GET' }, signal);
  }

  post(path: string, body: unknown, signal?: AbortSignal): Promise<unknown> {
    return this.#send(path, { method: 'POST', body: JSON.stringify(body) }, signal);
  }

  async #send(path: string, init: { method: string; body?: string }, signal?: AbortSignal): Promise<unknown> {
    const headers: Record<string, string> = {
      accept: 'application/json',
      authorization: `Bearer ${this.#key}`,
    };
    if (init.body !== undefined) headers['content-type'] = 'application/json';
    let response: Response;
    let text: string;
    try {
      response = await this.#fetch(`${this.#base}${path}`, { ...init, headers, ...(signal && { signal }) });
      text = await response.text();
    } catch (cause) {
      signal?.throwIfAborted();
      throw new ToolgateError(
        'The gateway could not be reached.',
        { status: null, code: 'connection_failed' },
        { cause },
      );
    }
    const body = parse(text);
    if (response.ok && body !== undefined) return body;
    throw errorOf(response, body);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Reads the gateway's envelope `{"error":{message,type,param,code}}`. */
function errorOf({ status, headers }: Response, body: unknown): ToolgateError {
  const { error } = (typeof body === 'object' && body !== null ? body : {}) as { error?: unknown };
  const { message, code, param } = (typeof error === 'object' && error !== null ? error : {}) as Record<
    string,
    unknown
  >;
  const retryAfter = Number(headers.get('retry-after') ?? NaN);
  return new ToolgateError(
    typeof message === 'string' ? message : `The gateway answered ${status} without JSON.`,
    {
      status,
      code: typeof code === 'string' ? code : 'invalid_answer',
      param: typeof param === 'string' ? param : null,
      requestId: headers.get('x-request-id'),
      retryAfterSeconds: Number.isFinite(retryAfter) ? retryAfter : null,
    },
  );
}
