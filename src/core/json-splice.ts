import { asBuffer } from './json-bytes.js';
import type { JsonMember, JsonMembers } from './json-members.js';

/**
 * JSON text of a scanned object with some members changed: a text replaces the member's value where it stands first, or
 * adds the member at the end; `undefined` removes it. Duplicates of a changed member go. Everything else stays byte for
 * byte, white space, order and number formats too.
 *
 * @param source what `members` was scanned from: `scanObject(bytes, range)`, or `textMembers(text)`
 * @param replacements member name to the JSON text of its new value
 */
export function spliceMembers(
  source: Uint8Array | string,
  members: JsonMembers,
  replacements: Readonly<Record<string, string | undefined>>,
): string {
  const changes = new Map(Object.entries(replacements));
  const textOf = slicer(source);
  const [first, last] = [members.all[0], members.all.at(-1)];
  const { start, end } = members.object;

  let text = textOf(start, first?.nameStart ?? start + 1);
  let isEmpty = true;
  let previous: JsonMember | undefined;
  const done = new Set<string>();
  for (const member of members.all) {
    const isChanged = changes.has(member.name);
    const change = changes.get(member.name);
    if (!isChanged || (change !== undefined && !done.has(member.name))) {
      // The text between two members holds exactly one comma.
      if (!isEmpty && previous !== undefined) text += textOf(previous.end, member.nameStart);
      text += isChanged
        ? textOf(member.nameStart, member.start) + String(change)
        : textOf(member.nameStart, member.end);
      isEmpty = false;
    }
    if (isChanged) done.add(member.name);
    previous = member;
  }
  for (const [name, change] of changes) {
    if (change === undefined || done.has(name)) continue;
    text += `${isEmpty ? '' : ','}${JSON.stringify(name)}:${change}`;
    isEmpty = false;
  }
  return text + textOf(last?.end ?? end - 1, end);
}

function slicer(source: Uint8Array | string): (start: number, end: number) => string {
  if (typeof source === 'string') return (start, end) => source.slice(start, end);
  const buffer = asBuffer(source);
  return (start, end) => buffer.toString('utf8', start, end);
}
