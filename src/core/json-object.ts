import type { JsonMembers, JsonRange } from './json-members.js';
import { JsonObjectScanner } from './json-scanner.js';
import type { JsonBytes } from './rpc.js';

/** Scans one object within a buffer. Ranges are offsets in `bytes`, whatever `range` is. Throws `JsonSyntaxError`. */
export function scanObject(bytes: Uint8Array, range?: JsonRange): JsonMembers {
  const scanner = new JsonObjectScanner(undefined, range?.start);
  scanner.push(range === undefined ? bytes : bytes.subarray(range.start, range.end));
  return scanner.end();
}

/** The members of the object that the bytes are: as a scan found them before, or found now. Throws `JsonSyntaxError`. */
export function membersOf({ chunks, members }: JsonBytes): JsonMembers {
  if (members !== undefined) return members;
  const scanner = new JsonObjectScanner();
  for (const chunk of chunks) scanner.push(chunk);
  return scanner.end();
}
