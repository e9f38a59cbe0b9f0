import type { z } from 'zod';

import { nearestName } from '../../core/nearest-name.js';

type Issue = z.core.$ZodIssue;

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a map of settings',
  record: 'a map',
  array: 'a list',
};

/**
 * What is wrong with a value, as the end of a sentence that begins with its path. Never holds the value itself,
 * except when `shown` says that it is a harmless word.
 */
export function describeIssue(issue: Issue, value: unknown, shown: string | null): string {
  switch (issue.code) {
    case 'invalid_type': {
      const expected = typeNames[issue.expected] ?? issue.expected;
      if (value === undefined || value === null) return `is missing; it must be ${expected}`;
      const hint = issue.expected === 'string' && typeof value !== 'object' ? '; put it in quotes' : '';
      return `must be ${expected}, not ${nameOf(value, issue.expected)}${hint}`;
    }
    case 'invalid_value': {
      const allowed = issue.values.map(String);
      const near = shown === null ? null : nearestName(shown, allowed);
      const but = shown === null ? '' : `, not "${shown}"`;
      return `must be one of ${allowed.join(', ')}${but}${near === null ? '' : `; did you mean "${near}"?`}`;
    }
    case 'too_small':
      return issue.origin === 'string' ? 'must not be empty' : `must be at least ${String(issue.minimum)}`;
    case 'too_big':
      return `must be at most ${String(issue.maximum)}`;
    default:
      return issue.message;
  }
}

function nameOf(value: unknown, expected: string): string {
  if (typeof value === 'number') return expected === 'int' ? 'a fraction' : 'a number';
  if (typeof value === 'boolean') return 'true or false';
  if (typeof value === 'string') return 'text';
  return Array.isArray(value) ? 'a list' : 'a map';
}
