import { redactText } from '../http/logging/redact.js';

const hidden = '[redacted]';

/** Names whose text is never written down, wherever they stand: `apiKey`, `DB_PASSWORD`, `x-auth-token`. */
const secretName =
  /pass(?:word|wd|phrase|code)|secret|token|api[-_ ]?key|access[-_ ]?key|private[-_ ]?key|credential|authoriz|cookie|bearer|signature|(?:^|[-_])(?:auth|pwd|pin|otp|jwt|ssn|cvv)(?:$|[-_])/i;

/** What kind of secret something is, is none: `auth_type`, `tokenType`. */
const kindName = /(?:[-_ ]type|[a-z]Type)$/;

/** With the `u` flag a surrogate that belongs to a pair does not match. */
const unstorable = /[\0\p{Surrogate}]/gu;

/** Bounds of what one row keeps; past them stands what was left out. */
const maxDepth = 16;
const maxMembers = 1_000;
const maxStringLength = 1_024;
const maxJsonLength = 16_384;

/**
 * A JSON value that may be stored: secrets that can be told by name or looks are replaced, and the whole is bounded.
 * Postgres takes it: no U+0000, no lone surrogates. Never throws, whatever it is given.
 */
export function redactValue(value: unknown): unknown {
  const budget = { members: maxMembers };
  const redacted = redact(value, 0, budget);
  const { length } = JSON.stringify(redacted);
  return length <= maxJsonLength ? redacted : { truncated: true, characters: length };
}

/** The same for JSON text, as tool arguments come. */
export function redactJson(text: string): unknown {
  if (text.length > 64 * maxJsonLength) return { truncated: true, characters: text.length };
  try {
    return redactValue(JSON.parse(text));
  } catch {
    return { unreadable: true, characters: text.length };
  }
}

/** Text that Postgres takes, at most `maxLength` characters. */
export function storableText(text: string, maxLength: number): string {
  return text.slice(0, maxLength).replace(unstorable, '\uFFFD');
}

function redact(value: unknown, depth: number, budget: { members: number }): unknown {
  switch (typeof value) {
    case 'string':
      return redactString(value);
    case 'number':
      return Number.isFinite(value) ? value : null;
    case 'boolean':
      return value;
    case 'bigint':
      return value.toString();
    case 'object':
      if (value === null) return null;
      if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
      if (depth >= maxDepth) return '[too deep]';
      return Array.isArray(value) ? redactList(value, depth, budget) : redactObject(value, depth, budget);
    default:
      return null;
  }
}

function redactList(list: readonly unknown[], depth: number, budget: { members: number }): unknown[] {
  const kept: unknown[] = [];
  for (const item of list) {
    if (budget.members-- <= 0) return [...kept, `[${list.length - kept.length} more]`];
    kept.push(redact(item, depth + 1, budget));
  }
  return kept;
}

function redactObject(object: object, depth: number, budget: { members: number }): Record<string, unknown> {
  // Entries of a map and not assignments, so that a member called __proto__ is a member.
  const kept: [string, unknown][] = [];
  for (const [name, member] of Object.entries(object)) {
    if (budget.members-- <= 0) {
      kept.push(['[more]', true]);
      break;
    }
    const shownName = storableText(redactText(name), 256);
    kept.push([shownName, isHidden(name, member) ? hidden : redact(member, depth + 1, budget)]);
  }
  return Object.fromEntries(kept);
}

/** Counts and switches are no secrets: `max_tokens: 100` stays. */
function isHidden(name: string, member: unknown): boolean {
  if (typeof member !== 'string' && (typeof member !== 'object' || member === null)) return false;
  return secretName.test(name) && !(typeof member === 'string' && kindName.test(name));
}

function redactString(text: string): string {
  const cut = text.length > maxStringLength;
  const shown = storableText(redactText(text.slice(0, maxStringLength)), maxStringLength);
  return cut ? `${shown}[${text.length - maxStringLength} more characters]` : shown;
}
