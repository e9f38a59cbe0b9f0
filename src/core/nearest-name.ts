/** Longer texts are no misspelt names; also bounds the work. */
const maxLength = 100;

/**
 * The known name that was probably meant: at most three letters, and a third of the word, wrong, missing, doubled or
 * swapped, case aside; or the only one of which this is the beginning. null when none is near. The first of equally near
 * ones.
 */
export function nearestName(name: string, known: Iterable<string>): string | null {
  const wanted = name.toLowerCase();
  if (wanted.length > maxLength) return null;
  let nearest: string | null = null;
  let least = Math.min(3, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of known) {
    if (Math.abs(candidate.length - wanted.length) >= least) continue;
    const distance = editDistance(wanted, candidate.toLowerCase());
    if (distance >= least) continue;
    nearest = candidate;
    least = distance;
  }
  return nearest ?? onlyOneBeginningWith(wanted, known);
}

/** Fewer letters than this begin too much to mean anything. */
const minPrefixLength = 4;

function onlyOneBeginningWith(wanted: string, known: Iterable<string>): string | null {
  if (wanted.length < minPrefixLength) return null;
  const [found, ...others] = [...known].filter((name) => name.toLowerCase().startsWith(wanted));
  return found !== undefined && others.length === 0 ? found : null;
}

/** Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const isEqual = a[row - 1] === b[column - 1];
      let cost = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (isEqual ? 0 : 1),
      );
      const isSwap = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (isSwap) cost = Math.min(cost, at(beforeLast, column - 2) + 1);
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return at(last, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}
