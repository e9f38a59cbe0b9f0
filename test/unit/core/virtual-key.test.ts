import { describe, expect, it } from '@jest/globals';

import {
  chosenKeyProblem,
  displayVirtualKey,
  equalSecrets,
  generateVirtualKey,
  hashVirtualKey,
  isVirtualKeyShaped,
} from '../../../src/core/virtual-key.js';

describe('virtual key', () => {
  it('is sk- and 32 url-safe characters, never the same', () => {
    const keys = Array.from({ length: 1_000 }, generateVirtualKey);
    expect(new Set(keys).size).toBe(1_000);
    for (const key of keys) expect(key).toMatch(/^sk-[A-Za-z0-9_-]{32}$/);
    expect(keys.every(isVirtualKeyShaped)).toBe(true);
  });

  it('is hashed with SHA-256', () => {
    expect(hashVirtualKey('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });

  it('shows its last four characters, two of a short one', () => {
    expect(displayVirtualKey('sk-0123456789abcdefghijklmnopqrstuv')).toBe('sk-...stuv');
    expect(displayVirtualKey('sk-12345')).toBe('sk-...45');
  });

  it.each(['sk-1', 'sk-1234', `sk-${'x'.repeat(253)}`, 'sk-_-Az09'])('could be %s', (text) =>
    expect(isVirtualKeyShaped(text)).toBe(true),
  );
  it.each([
    '',
    'sk-',
    'SK-1234',
    ' sk-1234',
    'sk-1234\n',
    'sk-12 34',
    'Bearer sk-1',
    'sk-ä',
    `sk-${'x'.repeat(254)}`,
  ])('cannot be %j', (text) => expect(isVirtualKeyShaped(text)).toBe(false));

  it('can be chosen within bounds', () => {
    expect(chosenKeyProblem('sk-12345')).toBeNull();
    expect(chosenKeyProblem(`sk-${'x'.repeat(253)}`)).toBeNull();
    expect(chosenKeyProblem('sk-1234')).toBe('A key has 8 to 256 characters');
    expect(chosenKeyProblem(`sk-${'x'.repeat(254)}`)).toContain('8 to 256');
    expect(chosenKeyProblem('my-own-key')).toContain('"sk-" followed by');
    expect(chosenKeyProblem('sk-with space')).toContain('"sk-" followed by');
  });

  it('is compared whole', () => {
    expect(equalSecrets('sk-12345', 'sk-12345')).toBe(true);
    expect(equalSecrets('sk-12345', 'sk-12346')).toBe(false);
    expect(equalSecrets('sk-12345', 'sk-123456')).toBe(false);
    expect(equalSecrets('', 'a')).toBe(false);
  });
});
