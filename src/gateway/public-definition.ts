import type { CatalogPrompt, CatalogTool } from '../core/catalog.js';
import { scanObject } from '../core/json-object.js';
import { spliceMembers } from '../core/json-scanner.js';

const cache = new WeakMap<CatalogTool | CatalogPrompt, string>();

/**
 * A definition under its public name, JSON text. Only `name` is replaced: the rest stays byte for byte as the upstream
 * wrote it. Kept beside the definition, so that all views share one text.
 */
export function publicDefinition(definition: CatalogTool | CatalogPrompt, publicName: string): string {
  const known = cache.get(definition);
  if (known !== undefined) return known;
  const text = withMember(definition.json, 'name', JSON.stringify(publicName));
  cache.set(definition, text);
  return text;
}

/** JSON text of an object with one member set. */
export function withMember(json: string, name: string, valueJson: string): string {
  const bytes = Buffer.from(json);
  return spliceMembers(bytes, scanObject(bytes), { [name]: valueJson });
}
