import { describe, expect, it } from 'vitest';
import { START } from '../../../test/support/attacks/findings-of.js';
import type { Act } from '../../../test/support/attacks/scenario.js';
import { trailOf } from '../../../test/support/attacks/trail-of.js';
import { ManualClock } from '../../../test/support/time/manual-clock.js';
import { Environment } from '../../platform/config/environment.js';
import { bruteForce } from '../rules/brute-force.rule.js';
import { DetectionRun } from './detection-run.js';

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
    expect(found).not.toEqual([]);
  });
});
