import { expect, test } from '@jest/globals';
import fc from 'fast-check';

import { AuditIds, firstIdAt, fromCursor, toCursor } from '../../../src/audit/audit-id.js';

test('an id is a UUID of version 7 and orders as time does', () => {
  const ids = new AuditIds();
  fc.assert(
    fc.property(fc.nat(4e12), fc.nat(4e12), (first, second) => {
      const [early, late] = [Math.min(first, second), Math.max(first, second)];
      const [one, two] = [ids.next(new Date(early)), ids.next(new Date(late))];
      expect(one).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      if (early < late) expect(one < two).toBe(true);
      expect(firstIdAt(new Date(early)) <= one).toBe(true);
      expect(one < firstIdAt(new Date(early + 1))).toBe(true);
    }),
  );
});

test('entries of one millisecond keep their order', () => {
  const ids = new AuditIds();
  const at = new Date('2026-11-23T10:00:00.000Z');
  const made = Array.from({ length: 1_000 }, () => ids.next(at));
  expect(made).toEqual([...made].sort());
  expect(new Set(made).size).toBe(1_000);
});

test('a cursor leads back to its id; anything else is none', () => {
  const id = new AuditIds().next(new Date());
  expect(fromCursor(toCursor(id))).toBe(id);
  for (const text of [
    '',
    'x',
    `${toCursor(id)}A`,
    "'; drop table audit_entries",
    '../../..'.padEnd(22, '.'),
  ]) {
    expect(fromCursor(text)).toBeNull();
  }
});
