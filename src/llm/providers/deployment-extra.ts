import { Secret } from '../../core/secret.js';
import { isJsonObject } from '../json.js';

/** A text out of `ModelDeployment.extra`, where strings are kept as secrets. */
export function plainValue(value: unknown): string | undefined {
  if (value instanceof Secret) return value.reveal();
  return typeof value === 'string' ? value : undefined;
}

/** The texts of an object out of `ModelDeployment.extra`; names in lower case, as HTTP headers are compared. */
export function plainValues(value: unknown): Record<string, string> {
  const texts: Record<string, string> = {};
  if (!isJsonObject(value) || value instanceof Secret) return texts;
  for (const [name, entry] of Object.entries(value)) {
    const text = plainValue(entry);
    if (text !== undefined) texts[name.toLowerCase()] = text;
  }
  return texts;
}
