import { describe, expect, it } from 'vitest';
import { START } from '../../../test/support/attacks/findings-of.js';
import type { Act } from '../../../test/support/attacks/scenario.js';
import { trailOf } from '../../../test/support/attacks/trail-of.js';
import { ManualClock } from '../../../test/support/time/manual-clock.js';
import { Environment } from '../../platform/config/environment.js';
import { bruteForce } from '../rules/brute-force.rule.js';
import { DetectionRun } from './detection-run.js';
import { SLOT_MS } from './failure-baseline.js';

const HOUR_MS = 3_600_000;

/** Failed logins of one account from one address, three seconds apart. */
const guesses = (count: number, account = 'victim'): Act[] =>
  Array.from({ length: count }, (_, index) => ({
    at: 3000 * index,
    kind: 'login',
    account,
    address: '192.0.2.1',
    password: 'wrong',
  }));

describe('detection', () => {
  it('finds what follows an entry of an instance whose clock is an hour ahead', () => {
    const clock = new ManualClock(START);
    const run = new DetectionRun([bruteForce(new Environment())], [], clock);
    run.judge(trailOf(guesses(1, 'other'), START + HOUR_MS), '');
    const found = guesses(30).flatMap((guess) => {
      clock.advance(3000);
      return run.judge(trailOf([guess], START), '').findings;
    });
    expect([...new Set(found.map(({ kind }) => kind.name))]).toEqual(['brute_force']);
  });

  it('counts logins, and failed ones of accounts that exist, for the usual share of failures', () => {
    const run = new DetectionRun([bruteForce(new Environment())], [], new ManualClock(START));
    const [failure, ...others] = trailOf(guesses(8), START);
    const login = { ...failure!, type: 'authn_login_success' } as const;
    const unknown = { ...failure!, userId: null };
    const locked = { ...failure!, type: 'authn_login_lock' } as const;
    expect(run.judge([failure!, login, login, unknown, locked], '').slots).toMatchObject([
      { attempts: 3, failures: 1 },
    ]);
    // Of these, the first four are evaluated, and the limit refuses the others.
    expect(run.judge(others, '').slots).toMatchObject([{ attempts: 7, failures: 5 }]);
  });

  it('refills its windows from the earliest position, which a slot of late entries does not have', () => {
    const run = new DetectionRun([bruteForce(new Environment())], [], new ManualClock(START));
    const slot = (slots: number, position: string) => ({
      startMs: START + slots * SLOT_MS,
      position,
      attempts: 0,
      failures: 0,
    });
    const slots = [
      slot(-9, '7:'),
      slot(0, '20:'),
      slot(1, '11:'),
      slot(2, '9:a'),
      slot(3, '9:b'),
      slot(4, '10:'),
    ];
    const start = run.startOf(slots, START + run.longestWindowMs + SLOT_MS);
    expect(start).toEqual(slot(0, '9:a'));
    expect(run.startOf([], START)).toBeUndefined();
  });
});
