import { createTwoFilesPatch } from 'diff';
import { stringify } from 'yaml';

import { showHiddenCharacters } from '../../core/hidden-characters.js';

/** A definition is an upstream's word: what is compared and shown of it is bounded, and so is the time it may take. */
const maxChars = 64 * 1024;
const maxCompareMs = 50;
const maxEdits = 500;

const tooLong = 'The definition is too long to be shown.\n';

/**
 * What differs between two definitions of a tool, line by line, as `diff -u` says it; the definitions stand there as
 * YAML, characters that nobody sees by their numbers.
 *
 * @param before JSON text of what counts of a definition; null: there was none, '' = it is not kept
 */
export function toolDiff(before: string | null, after: string | null): string {
  const [old, current] = [readable(before), readable(after)];
  const patch = createTwoFilesPatch('before', 'now', old, current, undefined, undefined, {
    context: 3,
    timeout: maxCompareMs,
    maxEditLength: maxEdits,
  });
  if (patch === undefined) return `--- before\n+++ now\n${prefixed('-', old)}${prefixed('+', current)}`;
  // Its first line is a ruler.
  return patch.replace(/^=+\n/, '');
}

/** Names of the members that differ. */
export function changedFields(before: string | null, after: string | null): readonly string[] {
  const [old, current] = [membersOf(before), membersOf(after)];
  return [...new Set([...old.keys(), ...current.keys()])].filter(
    (name) => old.get(name) !== current.get(name),
  );
}

function membersOf(json: string | null): ReadonlyMap<string, string> {
  if (json === null || json === '') return new Map();
  const definition = JSON.parse(json) as Readonly<Record<string, unknown>>;
  return new Map(Object.entries(definition).map(([name, value]) => [name, JSON.stringify(value)]));
}

function readable(json: string | null): string {
  if (json === null) return '';
  if (json === '') return tooLong;
  const text = stringify(JSON.parse(json), { lineWidth: 0, aliasDuplicateObjects: false });
  return showHiddenCharacters(text.length > maxChars ? `${text.slice(0, maxChars)}\n${tooLong}` : text);
}

function prefixed(sign: string, text: string): string {
  return text.replace(/^(?=.)/gm, sign);
}
