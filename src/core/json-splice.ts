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
  const textOf = slicer(source);
  const { all, object } = members;
  /** Changed already: what comes again under the same name goes. */
  const done: string[] = [];
  let text = '';
  let copied = object.start;
  let isEmpty = true;
  for (let index = 0; index < all.length; index++) {
    const { name, nameStart, start, end } = all[index] as JsonMember;
    const isChanged = Object.hasOwn(replacements, name);
    const change = isChanged ? replacements[name] : undefined;
    if (isChanged && (change === undefined || done.includes(name))) {
      // One comma goes with it: the one before where something stands there, else the one behind.
      text += textOf(copied, isEmpty ? nameStart : (all[index - 1]?.end ?? nameStart));
      copied = isEmpty ? (all[index + 1]?.nameStart ?? end) : end;
      continue;
    }
    isEmpty = false;
    if (change === undefined) continue;
    text += textOf(copied, start) + change;
    copied = end;
    done.push(name);
  }
  const rest = all.at(-1)?.end ?? object.end - 1;
  text += textOf(copied, rest);
  for (const name of Object.keys(replacements)) {
    const change = replacements[name];
    if (change === undefined || done.includes(name)) continue;
    text += `${isEmpty ? '' : ','}${JSON.stringify(name)}:${change}`;
    isEmpty = false;
  }
  return text + textOf(rest, object.end);
}

function slicer(source: Uint8Array | string): (start: number, end: number) => string {
  if (typeof source === 'string') return (start, end) => source.slice(start, end);
  const buffer = asBuffer(source);
  return (start, end) => buffer.toString('utf8', start, end);
}
