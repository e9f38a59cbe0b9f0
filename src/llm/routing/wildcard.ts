/**
 * What each `*` of a pattern stands for in `text`; null when it does not match. A pattern without `*` matches itself.
 * Each piece of the pattern is taken where it is found first, so the time does not grow with the number of wildcards.
 */
export function wildcardCaptures(pattern: string, text: string): readonly string[] | null {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return pattern === text ? [] : null;
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last))
    return null;
  const captures: string[] = [];
  const end = text.length - last.length;
  let at = first.length;
  for (const piece of rest) {
    const found = text.indexOf(piece, at);
    if (found < 0 || found + piece.length > end) return null;
    captures.push(text.slice(at, found));
    at = found + piece.length;
  }
  return [...captures, text.slice(at, end)];
}
