import type { ProblemList } from '../problem-list.js';
import type { Environment } from '../source/variables.js';

/** A setting and who said it: a flag, a variable, or (null) the file. */
export interface Told<Value> {
  readonly value: Value;
  readonly source: string | null;
}

/** The first of the variables that is set and not empty. */
export function fromEnvironment(env: Environment, ...names: readonly string[]): Told<string> | null {
  for (const name of names) {
    const value = env[name];
    if (value !== undefined && value !== '') return { value, source: name };
  }
  return null;
}

/** A port from text; anything else is a fault of its source, and null. */
export function readPort({ value, source }: Told<string>, problems: ProblemList): number | null {
  const port = /^\d{1,5}$/.test(value.trim()) ? Number(value) : Number.NaN;
  if (port >= 0 && port <= 65_535) return port;
  problems.faultOf(source ?? '', 'must be a port between 0 and 65535');
  return null;
}
