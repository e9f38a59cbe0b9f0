import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { Roster, type RosterMember } from '../../../src/core/roster.js';

describe('Roster', () => {
  test('holds what a Set would hold, whatever is done with it', () => {
    const step = fc.record({ member: fc.nat({ max: 12 }), isAdded: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const members: RosterMember[] = Array.from({ length: 13 }, () => ({ place: -1 }));
        const roster = new Roster();
        const model = new Set<RosterMember>();
        for (const it of steps) {
          const member = members[it.member] as RosterMember;
          if (it.isAdded) {
            roster.add(member);
            model.add(member);
          } else expect(roster.delete(member)).toBe(model.delete(member));
          expect(roster.size).toBe(model.size);
        }
        expect(new Set(roster.all())).toEqual(model);
      }),
    );
  });

  test('does not let go of what another roster holds', () => {
    const [one, other] = [new Roster(), new Roster()];
    const [mine, theirs] = [{ place: -1 }, { place: -1 }];
    one.add(mine);
    other.add(theirs);
    expect(one.delete(theirs)).toBe(false);
    expect(one.all()).toEqual([mine]);
    expect(other.all()).toEqual([theirs]);
  });
});
