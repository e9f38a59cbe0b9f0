/** A compiled list of patterns: whether a name matches any of them. */
export type WildcardMatcher = (name: string) => boolean;

/** Whether the whole name matches; `*` stands for any characters, none too, and is the only special one. */
export function matchesWildcard(pattern: string, name: string): boolean {
  return pattern.includes('*') ? matchesSegments(pattern.split('*'), name) : pattern === name;
}

/** The patterns as one function; costs one look-up plus one search for each pattern that has a `*`. */
export function compileWildcards(patterns: Iterable<string>): WildcardMatcher {
  const exact = new Set<string>();
  const segmented: string[][] = [];
  for (const pattern of patterns) {
    if (pattern.includes('*')) segmented.push(pattern.split('*'));
    else exact.add(pattern);
  }
  return (name) => exact.has(name) || segmented.some((segments) => matchesSegments(segments, name));
}

/**
 * Takes each segment where it is found first, which never has to be taken back: a later place would only leave less
 * for the segments behind it. So there is no backtracking.
 */
function matchesSegments(segments: readonly string[], name: string): boolean {
  const first = segments[0] ?? '';
  const last = segments.at(-1) ?? '';
  if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last))
    return false;
  const end = name.length - last.length;
  let at = first.length;
  for (const segment of segments.slice(1, -1)) {
    const found = name.indexOf(segment, at);
    if (found < 0 || found + segment.length > end) return false;
    at = found + segment.length;
  }
  return true;
}
