import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { StateSeal, type RequestState } from '../../../src/mcp/state-seal.js';

const owner = { keyId: 'key-1', method: 'tools/call', name: 'demo__add' };
const passed: RequestState = { kind: 'passed', state: 'what the upstream said' };

describe('a sealed request state', () => {
  const secret = Buffer.alloc(32, 1);
  const seal = new StateSeal(secret);

  test('comes back as it was, on every replica that knows the secret', () => {
    const sealed = seal.seal(passed, owner, 1_000);
    expect(seal.open(sealed, owner)).toEqual(passed);
    expect(new StateSeal(secret).open(sealed, owner)).toEqual(passed);
  });

  test('tells nothing of what it holds, and is never the same twice', () => {
    const sealed = seal.seal(passed, owner, 1_000);
    expect(Buffer.from(sealed.slice('toolgate.'.length), 'base64url').toString('latin1')).not.toContain(
      'upstream',
    );
    expect(seal.seal(passed, owner, 1_000)).not.toBe(sealed);
  });

  test.each([
    ['another key', { ...owner, keyId: 'key-2' }],
    ['another method', { ...owner, method: 'prompts/get' }],
    ['another tool', { ...owner, name: 'demo__echo' }],
  ])('is worth nothing to %s', (_, other) => {
    const sealed = seal.seal(passed, owner, 1_000);
    expect(() => seal.open(sealed, other)).toThrow(expect.objectContaining({ code: 'INVALID_PARAMS' }));
  });

  test('is worth nothing under another secret', () => {
    const sealed = new StateSeal(Buffer.alloc(32, 2)).seal(passed, owner, 1_000);
    expect(() => seal.open(sealed, owner)).toThrow('not valid');
  });

  test('is worth nothing after its time', () => {
    let now = 1_000;
    const aging = new StateSeal(secret, () => now);
    const sealed = aging.seal(passed, owner, 500);
    now = 1_500;
    expect(aging.open(sealed, owner)).toEqual(passed);
    now = 1_501;
    expect(() => aging.open(sealed, owner)).toThrow('its time is over');
  });

  test('changed anywhere, it is refused', () => {
    const sealed = seal.seal(passed, owner, 60_000);
    const bytes = Buffer.from(sealed.slice('toolgate.'.length), 'base64url');
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const tampered = Buffer.from(bytes);
        tampered[at] = (tampered[at] ?? 0) ^ change;
        expect(() => seal.open(`toolgate.${tampered.toString('base64url')}`, owner)).toThrow('not valid');
      }),
    );
  });

  test('anything that is none is refused', () => {
    fc.assert(
      fc.property(fc.anything(), (state) => {
        expect(() => seal.open(state, owner)).toThrow(expect.objectContaining({ code: 'INVALID_PARAMS' }));
      }),
    );
    fc.assert(
      fc.property(fc.base64String(), (text) => {
        expect(() => seal.open(`toolgate.${text}`, owner)).toThrow('not valid');
      }),
    );
  });
});
