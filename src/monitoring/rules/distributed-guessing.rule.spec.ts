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
      spread(80, 50, (i) => guess(`192.0.2.${i % 40}`)),
    );
    expect(finding?.evidence.addresses).toHaveLength(20);
    expect(finding?.addresses).toHaveLength(40);
  });

  it('passes an address to responses once for each of its guesses', () => {
    const run = new DetectionRun([rule], [], LATER);
    const judge = (address: string, second: number) =>
      run.judge(
        trailOf(
          spread(2, 1, () => guess(address)),
          START + second * 1000,
        ),
        '',
      ).findings[0]?.addresses;
    judge('192.0.2.1', 0);
    judge('192.0.2.2', 1);
    expect(judge('192.0.2.3', 2)).toEqual(['192.0.2.3', '192.0.2.2', '192.0.2.1']);
    expect(judge('192.0.2.4', 3)).toEqual(['192.0.2.4']);
    expect(judge('192.0.2.1', 4)).toEqual(['192.0.2.1']);
  });

  it('passes no address to responses that entered one wrong password, or the right one', () => {
    const owner = '203.0.113.1';
    const acts = [
      ...spread(8, 20, (i) => guess(`192.0.2.${i % 4}`)),
      { ...guess('203.0.113.2'), at: 30_000 },
      ...spread(2, 10, () => guess(owner)).map((act) => ({ ...act, at: act.at + 35_000 })),
      { ...guess(owner), password: 'right' as const, at: 50_000 },
      { ...guess('192.0.2.1'), at: 55_000 },
    ];
    const [finding] = findingsOf([rule], acts);
    expect(finding?.addresses?.toSorted()).toEqual(['192.0.2.0', '192.0.2.1', '192.0.2.2', '192.0.2.3']);
    expect(finding?.evidence.addresses).toContain(owner);
  });

  it('passes no address to responses that signs in to more accounts than it fails for', () => {
    const office = '203.0.113.1';
    const colleagues = spread(40, 20, (i) => ({
      kind: 'login' as const,
      account: `colleague ${i}`,
      address: i < 20 ? office : '203.0.113.2',
      password: 'right' as const,
    }));
    const acts = [
      ...colleagues,
      ...spread(8, 20, (i) => guess(`192.0.2.${i % 4}`)),
      ...[30_000, 40_000].map((at) => ({ ...guess(office), at })),
      { ...guess('192.0.2.1'), at: 45_000 },
    ];
    const [finding] = findingsOf(
      [rule],
      acts.toSorted((a, b) => a.at - b.at),
    );
    expect(finding?.evidence.addresses).toContain(office);
    expect(finding?.addresses?.toSorted()).toEqual(['192.0.2.0', '192.0.2.1', '192.0.2.2', '192.0.2.3']);
  });

  it('passes no address to responses for wrong passwords of another account', () => {
    const office = '203.0.113.1';
    const colleague = [0, 1, 2].map((i) => ({ ...guess(office), account: 'colleague', at: 20_000 + i }));
    const entries = trailOf(
      [
        ...spread(8, 20, (i) => guess(`192.0.2.${i % 4}`)),
        ...colleague,
        { ...guess(office), at: 30_000 },
        { ...guess(office), at: 30_001 },
      ],
      START,
    );
    const waiting = entries.map((entry, index) =>
      index < entries.length - 2 ? entry : ({ ...entry, type: 'authn_login_lock' } satisfies AuditEntry),
    );
    const [finding] = new DetectionRun([rule], [], LATER).judge(waiting, '').findings;
    expect(finding?.evidence.addresses).toContain(office);
    expect(finding?.addresses).not.toContain(office);
  });

  it('passes no address to responses for attempts that only the wait of the account refused', () => {
    const [first, ...rest] = trailOf(
      spread(12, 40, (i) => guess(`192.0.2.${i % 3}`)),
      START,
    );
    const locked = rest.map((entry) => ({ ...entry, type: 'authn_login_lock' }) satisfies AuditEntry);
    const run = new DetectionRun([rule], [], LATER);
    expect(run.judge([first!, ...locked], '').findings).toMatchObject([{ addresses: [] }]);
  });

  it('forgets an address whose last failure is as old as the window', () => {
    const acts = [0, 30, 60].map((s, i) => ({ ...guess(`192.0.2.${i}`), at: s * 1000 }));
    expect(findingsOf([rule], acts)).toEqual([]);
  });
});
