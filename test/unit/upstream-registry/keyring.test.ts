import { describe, expect, it } from '@jest/globals';

import { Keyring } from '../../../src/upstream-registry/stored/keyring.js';

describe('values sealed at rest', () => {
  it('open with the key that sealed them, and never look alike', async () => {
    const keyring = await Keyring.of(['first secret']);
    const sealed = keyring.seal('the credential', 'a/credentials');
    expect(Buffer.from(sealed).includes('the credential')).toBe(false);
    expect(keyring.open(sealed, 'a/credentials')).toEqual({ text: 'the credential', isStale: false });
    expect(keyring.seal('the credential', 'a/credentials')).not.toEqual(sealed);
  });

  it('stay shut for another key, another place and anything changed', async () => {
    const keyring = await Keyring.of(['first secret']);
    const sealed = keyring.seal('the credential', 'a/credentials');
    expect((await Keyring.of(['another'])).open(sealed, 'a/credentials')).toBeNull();
    expect(keyring.open(sealed, 'b/credentials')).toBeNull();
    for (let at = 0; at < sealed.length; at++) {
      const changed = Uint8Array.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(keyring.open(changed, 'a/credentials')).toBeNull();
    }
    expect(keyring.open(sealed.subarray(0, 36), 'a/credentials')).toBeNull();
    expect(keyring.open(new Uint8Array(), 'a/credentials')).toBeNull();
  });

  it('outlive a change of keys while the old one is still named', async () => {
    const sealed = (await Keyring.of(['old'])).seal('the credential', 'a');
    const rotated = await Keyring.of(['new', 'old']);
    expect(rotated.open(sealed, 'a')).toEqual({ text: 'the credential', isStale: true });
    const anew = rotated.seal('the credential', 'a');
    expect((await Keyring.of(['new'])).open(anew, 'a')).toEqual({ text: 'the credential', isStale: false });
    expect((await Keyring.of(['old'])).open(anew, 'a')).toBeNull();
  });
});
