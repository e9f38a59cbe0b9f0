import { beforeEach, describe, expect, test } from '@jest/globals';

import type { Change } from '../../../src/core/change.js';
import { announcement, ChangeFeed } from '../../../src/database/postgres/change-feed.js';

const everything: Change = { kind: 'everything', id: '' };

describe('the feed of other replicas', () => {
  let heard: Change[];
  let feed: ChangeFeed;
  beforeEach(() => {
    heard = [];
    feed = new ChangeFeed(10n, 'here', (change) => heard.push(change));
  });
  const payload = (number: number, origin = 'there', id = 'k') => JSON.stringify([number, origin, 'key', id]);

  test('the next number is the change itself; our own is known already', () => {
    feed.notified(payload(11));
    feed.notified(payload(12, 'here'));
    feed.notified(payload(13, 'there', 'l'));
    expect(heard).toEqual([
      { kind: 'key', id: 'k' },
      { kind: 'key', id: 'l' },
    ]);
  });

  test('a number that is skipped puts everything in doubt, once', () => {
    feed.notified(payload(13));
    feed.notified(payload(14));
    expect(heard).toEqual([everything, { kind: 'key', id: 'k' }]);
  });

  test('the counter is believed when no notification followed it', () => {
    feed.counted(11n);
    expect(heard).toEqual([]);
    feed.notified(payload(11, 'here'));
    feed.counted(11n);
    feed.counted(12n);
    feed.counted(12n);
    expect(heard).toEqual([everything]);
    feed.counted(12n);
    feed.counted(12n);
    expect(heard).toHaveLength(1);
  });

  test('a counter that goes back belongs to a database that was restored', () => {
    feed.counted(3n);
    expect(heard).toEqual([everything]);
    feed.notified(payload(4));
    expect(heard.at(-1)).toEqual({ kind: 'key', id: 'k' });
  });

  test('what began before we listened and is told after is passed on', () => {
    feed.notified(payload(10));
    expect(heard).toEqual([{ kind: 'key', id: 'k' }]);
  });

  test('an id too long for a notification becomes everything', () => {
    expect(announcement({ kind: 'key', id: 'x'.repeat(10_000) })).toEqual(everything);
    expect(announcement({ kind: 'key', id: 'x' })).toEqual({ kind: 'key', id: 'x' });
  });
});
