import { describe, expect, it } from 'vitest';
import { LATER, START, findingsOf } from '../../../test/support/attacks/findings-of.js';
import { spread } from '../../../test/support/attacks/scenario.js';
import { trailOf } from '../../../test/support/attacks/trail-of.js';
import type { AuditEntry } from '../../audit/audit-entry.js';
import { Environment } from '../../platform/config/environment.js';
import { DetectionRun } from '../detection/detection-run.js';
import { distributedGuessing } from './distributed-guessing.rule.js';

const rule = distributedGuessing(Object.assign(new Environment(), { DETECT_DISTRIBUTED_GUESSING: '3/60' }));
const guess = (address: string) =>
  ({ kind: 'login', account: 'victim', address, password: 'wrong' }) as const;

describe('distributed_guessing', () => {
  it('is true from the third address on', () => {
    expect(
      findingsOf(
        [rule],
        spread(8, 40, (i) => guess(`192.0.2.${i % 2}`)),
      ),
    ).toEqual([]);
    const [finding] = findingsOf(
      [rule],
      spread(9, 40, (i) => guess(`192.0.2.${i % 3}`)),
    );
    expect(finding?.evidence.addresses).toHaveLength(3);
  });

  it('names the user, or the digest of an address that nobody has', () => {
    const acts = spread(9, 40, (i) => guess(`192.0.2.${i % 3}`));
    const subjectIn = (trail: AuditEntry[]) =>
      new DetectionRun([rule], [], LATER).judge(trail, '').findings[0]?.subject;
    const trail = trailOf(acts, START);
    expect(subjectIn(trail)).toBe(`user:${trail[0]!.userId}`);
    const nobody = trail.map((entry) => ({ ...entry, userId: null }));
    expect(subjectIn(nobody)).toBe(`account:${String(trail[0]!.details!['account'])}`);
  });

  it('counts an IPv6 /64 as one address', () => {
    expect(
      findingsOf(
        [rule],
        spread(9, 40, (i) => guess(`2001:db8::${i + 1}`)),
      ),
    ).toEqual([]);
    expect(
      findingsOf(
        [rule],
        spread(9, 40, (i) => guess(`2001:db8:0:${i}::1`)),
      ),
    ).toHaveLength(1);
  });

  it('lists the newest twenty addresses in the evidence, and all of them for responses', () => {
    const [finding] = findingsOf(
      [rule],
      spread(40, 50, (i) => guess(`192.0.2.${i}`)),
    );
    expect(finding?.evidence.addresses).toHaveLength(20);
    expect(finding?.addresses).toHaveLength(40);
  });

  it('passes an address to responses once for each of its guesses', () => {
    const run = new DetectionRun([rule], [], LATER);
    const judge = (address: string, second: number) =>
      run.judge(trailOf([{ ...guess(address), at: 0 }], START + second * 1000), '').findings[0]?.addresses;
    judge('192.0.2.1', 0);
    judge('192.0.2.2', 1);
    expect(judge('192.0.2.3', 2)).toEqual(['192.0.2.3', '192.0.2.2', '192.0.2.1']);
    expect(judge('192.0.2.4', 3)).toEqual(['192.0.2.4']);
    expect(judge('192.0.2.1', 4)).toEqual(['192.0.2.1']);
  });

  it('forgets an address whose last failure is as old as the window', () => {
    const acts = [0, 30, 60].map((s, i) => ({ ...guess(`192.0.2.${i}`), at: s * 1000 }));
    expect(findingsOf([rule], acts)).toEqual([]);
  });
});
