import { createHash } from 'node:crypto';

import type { CatalogTool } from './catalog.js';

/**
 * The members of a tool definition that say what the tool is: what a person reviews and a model reads. Icons, `_meta`
 * and the like may differ from one reading to the next.
 */
const reviewedMembers = [
  'name',
  'title',
  'description',
  'inputSchema',
  'outputSchema',
  'annotations',
] as const;

export type ReviewedDefinition = Readonly<Partial<Record<(typeof reviewedMembers)[number], unknown>>>;

const fingerprints = new WeakMap<CatalogTool, string>();

/** What of a definition counts when it is compared, in a fixed order of members. */
export function reviewedDefinition({ json }: CatalogTool): ReviewedDefinition {
  const definition = JSON.parse(json) as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    reviewedMembers.filter((name) => Object.hasOwn(definition, name)).map((name) => [name, definition[name]]),
  );
}

/**
 * SHA-256 of what counts of a definition, 64 hexadecimal digits. Two definitions that differ in nothing but white space
 * or the order of members have the same.
 */
export function toolFingerprint(tool: CatalogTool): string {
  let fingerprint = fingerprints.get(tool);
  if (fingerprint === undefined) {
    fingerprint = createHash('sha256')
      .update(canonicalJson(reviewedDefinition(tool)))
      .digest('hex');
    fingerprints.set(tool, fingerprint);
  }
  return fingerprint;
}

/** JSON text in which the members of every object are in the order of their names. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(',')}}`;
}
