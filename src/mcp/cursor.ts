import { createHmac, timingSafeEqual } from 'node:crypto';

import { GatewayError } from '../core/errors.js';
import type { ListKind, PrincipalView } from '../gateway/principal-view.js';

const macLength = 12;

/** Opaque, signed list cursors (MCP pagination): bound to the key and the list, so that no other key's cursor works. */
export class Cursors {
  constructor(private readonly secret: Uint8Array) {}

  issue(keyId: string, kind: ListKind, offset: number): string {
    const head = Buffer.alloc(4);
    head.writeUInt32BE(offset);
    return Buffer.concat([head, this.#mac(head, keyId, kind)]).toString('base64url');
  }

  /** The offset a cursor stands for. Throws INVALID_PARAMS for anything but a cursor issued to this key for this list. */
  open(cursor: unknown, keyId: string, kind: ListKind): number {
    const bytes = typeof cursor === 'string' ? Buffer.from(cursor, 'base64url') : Buffer.alloc(0);
    const head = bytes.subarray(0, 4);
    const isGenuine =
      bytes.length === 4 + macLength && timingSafeEqual(bytes.subarray(4), this.#mac(head, keyId, kind));
    if (!isGenuine) throw new GatewayError('INVALID_PARAMS', { message: 'Invalid cursor', param: 'cursor' });
    return head.readUInt32BE();
  }

  #mac(head: Buffer, keyId: string, kind: ListKind): Buffer {
    const mac = createHmac('sha256', this.secret).update('cursor').update(kind).update(head).update(keyId);
    return mac.digest().subarray(0, macLength);
  }
}

/** One page of a list as result JSON, without its closing brace's company: more members may be added by the caller. */
export function listPage(
  view: PrincipalView,
  kind: ListKind,
  page: { readonly offset: number; readonly size: number; readonly next: (offset: number) => string },
): string | Buffer {
  const definitions = view.definitions(kind);
  const end = page.size === 0 ? definitions.length : page.offset + page.size;
  if (page.offset === 0 && end >= definitions.length) return view.list(kind);
  const slice = definitions.slice(page.offset, end).join(',');
  const next = end < definitions.length ? `,"nextCursor":${JSON.stringify(page.next(end))}` : '';
  return `{"${kind}":[${slice}]${next}}`;
}
