import { envelopePrefix } from '../core/envelope.js';
import { spliceMembers, textMembers, type JsonMembers } from '../core/json-scanner.js';
import { isObject, type RpcRequest } from './rpc-message.js';

/**
 * The `params` of a request, taken apart by its members' places in the text, so that what is only forwarded reaches
 * the upstream exactly as the client wrote it: big numbers, key order, escapes.
 */
export class ForwardedParams {
  readonly #members: JsonMembers | null;

  constructor(private readonly message: RpcRequest) {
    const range = textMembers(message.text).get('params');
    this.#members = range === undefined ? null : textMembers(message.text, range.start);
  }

  /** JSON text of one member; undefined when it is absent. */
  text(name: string): string | undefined {
    const range = this.#members?.get(name);
    return range === undefined ? undefined : this.message.text.slice(range.start, range.end);
  }

  byteLength(name: string): number {
    return Buffer.byteLength(this.text(name) ?? '');
  }

  /** JSON text of the params with `replacements` (JSON texts; undefined removes) in place, and `_meta` made fit for the upstream. */
  encode(replacements: Readonly<Record<string, string | undefined>>, progressToken: number | null): string {
    const meta = this.#meta(progressToken);
    if (this.#members === null) {
      const members = Object.entries({ ...replacements, _meta: meta }).filter(
        ([, json]) => json !== undefined,
      );
      return `{${members.map(([name, json]) => `${JSON.stringify(name)}:${json ?? ''}`).join(',')}}`;
    }
    return spliceMembers(this.message.text, this.#members, { ...replacements, _meta: meta });
  }

  /** The client's `_meta` with our token for its own and without the envelope; undefined when nothing is left. */
  #meta(progressToken: number | null): string | undefined {
    const token = progressToken === null ? undefined : String(progressToken);
    const range = this.#members?.get('_meta');
    if (range === undefined || !isObject(this.message.params['_meta'])) {
      return token === undefined ? undefined : `{"progressToken":${token}}`;
    }
    const members = textMembers(this.message.text, range.start);
    const changes: Record<string, string | undefined> = { progressToken: token };
    for (const { name } of members.all) if (name.startsWith(envelopePrefix)) changes[name] = undefined;
    const meta = spliceMembers(this.message.text, members, changes);
    return meta === '{}' ? undefined : meta;
  }
}

/** The progress token a client asked progress under; undefined when it wants none. */
export function progressTokenOf(message: RpcRequest): string | number | undefined {
  const meta = message.params['_meta'];
  if (!isObject(meta)) return undefined;
  const token = meta['progressToken'];
  return typeof token === 'string' || typeof token === 'number' ? token : undefined;
}

/** JSON text of progress params under the client's own token; `paramsJson` comes without one. */
export function underToken(paramsJson: string, token: string | number): string {
  const rest = paramsJson.slice(paramsJson.indexOf('{') + 1);
  const head = `{"progressToken":${JSON.stringify(token)}`;
  return rest.trimStart().startsWith('}') ? `${head}}` : `${head},${rest}`;
}
