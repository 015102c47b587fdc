import { fc } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import type { AuditEntry } from '../../audit/audit-entry.js';
import type { Occurrence } from '../rules/occurrence.js';
import { SUBJECT_WEIGHT, SlidingWindows } from './sliding-windows.js';

const LENGTH_MS = 1000;
/** How many observations of one account are kept that do not count. */
const MOST_OF_ONE = 5;

function occurrence(at: number, account: string | null = null, address: string | null = null): Occurrence {
  return { at, account, address, attempt: null, entry: { userId: null } as AuditEntry };
}

const arrivals = fc.array(
  fc.record({
    pauseMs: fc.integer({ min: 0, max: 700 }),
    subject: fc.constantFrom('a', 'b', 'c'),
    account: fc.constantFrom('x', 'y', 'z', null),
    counts: fc.boolean(),
  }),
  { maxLength: 200 },
);

describe('SlidingWindows', () => {
  it('give the same counts as a complete list, of which at most five of one account do not count', () => {
    fc.assert(
      fc.property(arrivals, (steps) => {
        const windows = new SlidingWindows(LENGTH_MS, ['account']);
        const all: { at: number; subject: string; account: string | null; counts: boolean }[] = [];
        let at = 0;
        for (const { pauseMs, ...step } of steps) {
          at += pauseMs;
          const present = all.filter((item) => item.subject === step.subject && item.at > at - LENGTH_MS);
          const others = present.filter((item) => !item.counts && item.account === step.account);
          const isKept = step.counts || others.length < MOST_OF_ONE;
          all.push(...[{ at, ...step }].filter(() => isKept));
          const window = windows.add(step.subject, occurrence(at, step.account), { counts: step.counts });
          const within = all.filter((item) => item.subject === step.subject && item.at > at - LENGTH_MS);
          const counted = within.filter(({ counts }) => counts);
          const accounts = new Set(counted.flatMap(({ account }) => account ?? []));
          expect([window.seen, window.counted]).toEqual([within.length, counted.length]);
          expect(window.distinct('account')).toBe(accounts.size);
          expect(new Set(window.newest('account'))).toEqual(accounts);
        }
      }),
    );
  });

  it('count each observation, however much later the one before it was', () => {
    const windows = new SlidingWindows(LENGTH_MS);
    windows.add('s', occurrence(100 * LENGTH_MS), { counts: true });
    const window = windows.add('s', occurrence(5), { counts: true });
    expect(window.counted).toBe(2);
    expect(windows.add('other', occurrence(7), { counts: true }).firstAt).toBe(7);
  });

  it('keep the newest observations of a subject when there are too many', () => {
    const windows = new SlidingWindows(LENGTH_MS, ['address'], { perSubject: 3, total: 100 });
    for (let i = 0; i < 10; i++) windows.add('s', occurrence(i, null, `address ${i}`), { counts: true });
    const window = windows.add('s', occurrence(10, null, 'address 10'), { counts: true });
    expect(window.counted).toBe(3);
    expect(window.newest('address')).toEqual(['address 10', 'address 9', 'address 8']);
    expect(window.distinct('address')).toBe(3);
  });

  it('drop inactive subjects when there are too many observations, and keep active ones', () => {
    const total = 100 * (SUBJECT_WEIGHT + 1);
    const windows = new SlidingWindows(LENGTH_MS, [], { perSubject: 10, total });
    for (let i = 0; i < 1000; i++) {
      windows.add(`flood ${i}`, occurrence(1), { counts: true });
      if (i % 40 === 0) windows.add('patient', occurrence(1), { counts: true });
      expect(windows.weight).toBeLessThanOrEqual(total + 2 * (SUBJECT_WEIGHT + 10));
    }
    expect(windows.add('patient', occurrence(2), { counts: true }).counted).toBe(10);
    expect(windows.add('flood 0', occurrence(2), { counts: true }).counted).toBe(1);
  });

  it('drop subjects that have been inactive for two windows', () => {
    const windows = new SlidingWindows(LENGTH_MS);
    for (let i = 0; i < 100; i++) windows.add(`subject ${i}`, occurrence(i), { counts: true });
    windows.add('late', occurrence(LENGTH_MS + 100), { counts: true });
    windows.add('late', occurrence(2 * LENGTH_MS + 200), { counts: true });
    expect(windows.weight).toBeLessThanOrEqual(2 * (SUBJECT_WEIGHT + 1));
  });

  it('do not take the time of a late commit for the current time', () => {
    const windows = new SlidingWindows(LENGTH_MS);
    windows.add('s', occurrence(5000), { counts: true });
    expect(windows.add('s', occurrence(4500), { counts: true }).counted).toBe(2);
  });
});
