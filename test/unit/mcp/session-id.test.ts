import { randomBytes } from 'node:crypto';

import { describe, expect, test } from '@jest/globals';

import { featuresOf, noFeatures } from '../../../src/core/client-features.js';
import { Cursors } from '../../../src/mcp/cursor.js';
import { SessionIds } from '../../../src/mcp/session-id.js';

describe('session ids', () => {
  const ids = new SessionIds(randomBytes(32));
  const claims = {
    protocolVersion: '2025-06-18',
    clientCapabilities: featuresOf({ elicitation: { url: {} }, roots: { listChanged: true } }),
  } as const;

  test('carry their claims to another process with the same secret', () => {
    expect(ids.open(ids.issue('key_1', claims), 'key_1')).toEqual(claims);
  });

  test('open for their own key only', () => {
    expect(ids.open(ids.issue('key_1', claims), 'key_2')).toBeNull();
  });

  test('are never the same twice', () => {
    const many = Array.from({ length: 1_000 }, () => ids.issue('key_1', claims));
    expect(new Set(many).size).toBe(1_000);
  });

  test('do not open after any change', () => {
    const bytes = Buffer.from(ids.issue('key_1', claims), 'base64url');
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(ids.open(changed.toString('base64url'), 'key_1')).toBeNull();
    }
    for (const nonsense of ['', 'x', '../..', 'a'.repeat(10_000)])
      expect(ids.open(nonsense, 'key_1')).toBeNull();
  });

  test('of another secret are foreign', () => {
    const others = new SessionIds(randomBytes(32));
    expect(ids.open(others.issue('key_1', claims), 'key_1')).toBeNull();
  });
});

describe('client features', () => {
  test('elicitation without modes means forms', () => {
    expect(featuresOf({ elicitation: {} })).toEqual({ ...noFeatures, elicitationForm: true });
    expect(featuresOf({ elicitation: { url: {} } })).toEqual({ ...noFeatures, elicitationUrl: true });
    expect(featuresOf({ elicitation: { form: {}, url: {} } })).toMatchObject({
      elicitationForm: true,
      elicitationUrl: true,
    });
    expect(featuresOf('nonsense')).toEqual(noFeatures);
  });
});

describe('list cursors', () => {
  const cursors = new Cursors(randomBytes(32));

  test('say their offset to the key and list they were issued for, and nobody else', () => {
    const cursor = cursors.issue('key_1', 'tools', 50);
    expect(cursors.open(cursor, 'key_1', 'tools')).toBe(50);
    expect(() => cursors.open(cursor, 'key_2', 'tools')).toThrow('Invalid cursor');
    expect(() => cursors.open(cursor, 'key_1', 'prompts')).toThrow('Invalid cursor');
    expect(() => cursors.open(`${cursor}x`, 'key_1', 'tools')).toThrow('Invalid cursor');
    expect(() => cursors.open(7, 'key_1', 'tools')).toThrow('Invalid cursor');
  });
});
