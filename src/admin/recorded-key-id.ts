import { isVirtualKeyShaped } from '../core/virtual-key.js';
import type { VirtualKeyService } from '../directory/virtual-key.service.js';

/**
 * The id under which calls of a key are recorded, by raw key, id or alias. Records outlive keys: what is no key any more
 * may still be an id. A raw key is never looked for as text.
 */
export async function recordedKeyId(keys: VirtualKeyService, lookup: string): Promise<string> {
  const [key = null] = await keys.find([lookup]);
  return key?.id ?? (isVirtualKeyShaped(lookup) ? '' : lookup);
}
