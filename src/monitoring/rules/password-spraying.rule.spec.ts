import { describe, expect, it } from 'vitest';
import { LATER, START, findingsOf } from '../../../test/support/attacks/findings-of.js';
import { spread } from '../../../test/support/attacks/scenario.js';
import { trailOf } from '../../../test/support/attacks/trail-of.js';
import { Environment } from '../../platform/config/environment.js';
import { DetectionRun } from '../detection/detection-run.js';
import { passwordSpraying } from './password-spraying.rule.js';

const rule = passwordSpraying(
  Object.assign(new Environment(), {
    DETECT_PASSWORD_SPRAYING: '6/600',
    DETECT_PASSWORD_SPRAYING_ADDRESSES: 3,
    DETECT_PASSWORD_SPRAYING_RATIO: '0.5',
    DETECT_PASSWORD_SPRAYING_FACTOR: 3,
  }),
);
const guess = (account: number, address: number, password: 'right' | 'wrong' = 'wrong') =>
  ({ kind: 'login', account: `user-${account}`, address: `192.0.2.${address}`, password }) as const;
const spraying = spread(9, 300, (i) => guess(i, i % 3));

/** A hundred logins within an hour of the previous day, of which the given number failed. */
const yesterday = (failures: number) => [
  { startMs: START - 7_200_000, position: '', attempts: 100, failures },
];

describe('password_spraying', () => {
  it('is true of enough accounts from enough addresses', () => {
    expect(findingsOf([rule], spraying)).toMatchObject([{ subject: 'service', count: 4 }]);
    expect(
      findingsOf(
        [rule],
        spread(9, 300, (i) => guess(i, i % 2)),
      ),
    ).toEqual([]);
    expect(
      findingsOf(
        [rule],
        spread(9, 300, (i) => guess(i % 5, i % 3)),
      ),
    ).toEqual([]);
  });

  it('is not true while half of the logins succeed', () => {
    expect(
      findingsOf(
        [rule],
        spread(18, 300, (i) => guess(i, i % 3, i % 2 === 0 ? 'right' : 'wrong')),
      ),
    ).toEqual([]);
  });

  it('compares the failures with those of the last 24 h', () => {
    expect(findingsOf([rule], spraying, yesterday(10))).toHaveLength(1);
    const twoThirds = spread(18, 300, (i) =>
      guess(i, Math.floor(i / 3) % 3, i % 3 === 0 ? 'right' : 'wrong'),
    );
    expect(findingsOf([rule], twoThirds, yesterday(10))).toHaveLength(1);
    expect(findingsOf([rule], twoThirds, yesterday(30))).toEqual([]);
  });

  it('is true if all fail, whatever the usual ratio', () => {
    expect(findingsOf([rule], spraying, yesterday(60))).toHaveLength(1);
  });

  it('counts five logins to one account at most, so that an account of the attacker hides nothing', () => {
    const acts = spread(27, 300, (i) => (i % 3 === 0 ? guess(i, (i / 3) % 3) : guess(1, i % 3, 'right')));
    expect(findingsOf([rule], acts)).toMatchObject([{ subject: 'service' }]);
  });

  it.each([
    ['one address', () => '192.0.2.99'],
    ['many addresses', (i: number) => `2001:db8:0:${i.toString(16)}::1`],
  ])('is true beside any number of logins to an account of the attacker from %s', (_, address) => {
    const acts = spread(9000, 300, (i) =>
      i % 1000 === 0
        ? guess(i, (i / 1000) % 3)
        : { ...guess(1, 1, 'right'), account: 'own', address: address(i) },
    );
    expect(findingsOf([rule], acts)).toHaveLength(1);
  });

  it('passes only addresses to responses that entered wrong passwords for two accounts', () => {
    const [finding] = findingsOf(
      [rule],
      [
        ...spread(10, 200, (i) => guess(20, 10 + i)),
        ...spread(6, 200, (i) => guess(21, 30 + (i % 2))),
        ...spraying,
        { ...guess(2, 1), at: 299_500 },
      ].sort((a, b) => a.at - b.at),
    );
    expect(finding?.addresses?.toSorted()).toEqual(['192.0.2.0', '192.0.2.1', '192.0.2.2']);
  });

  it("passes an address to responses despite a login to an account of the attacker's own", () => {
    const own = { ...guess(90, 2, 'right'), at: 298_000 };
    const [finding] = findingsOf([rule], [...spraying, own, { ...guess(2, 2), at: 299_500 }]);
    expect(finding?.addresses).toContain('192.0.2.2');
  });

  it('passes no address to responses whose people then sign in, or that signs in to as many accounts as it fails for', () => {
    const family = 40;
    const friends = 41;
    const [finding] = findingsOf(
      [rule],
      [
        ...spraying,
        ...[60, 61].map((account) => ({ ...guess(account, family), at: 296_000 })),
        { ...guess(60, family, 'right'), at: 297_000 },
        ...[70, 71].map((account) => ({ ...guess(account, friends), at: 296_000 })),
        ...[72, 73].map((account) => ({ ...guess(account, friends, 'right'), at: 297_000 })),
        { ...guess(2, 1), at: 299_500 },
      ],
    );
    expect(finding?.evidence.addresses).toEqual(expect.arrayContaining(['192.0.2.40', '192.0.2.41']));
    expect(finding?.addresses?.toSorted()).toEqual(['192.0.2.0', '192.0.2.1', '192.0.2.2']);
  });

  it('passes no address to responses whose person then signs in to an account that others sign in to all the time', () => {
    const shared = Array.from({ length: 20 }, (_, i) => ({ ...guess(60, 50, 'right'), at: 290_000 + i }));
    const person = [
      ...[60, 61].map((account) => ({ ...guess(account, 40), at: 296_000 })),
      { ...guess(60, 40, 'right'), at: 297_000 },
    ];
    const [finding] = findingsOf(
      [rule],
      [...spraying, ...shared, ...person, { ...guess(2, 1), at: 299_500 }],
    );
    expect(finding?.evidence.addresses).toContain('192.0.2.40');
    expect(finding?.addresses).not.toContain('192.0.2.40');
  });

  it('is true of accounts that do not exist, beside the usual failures', () => {
    const trail = trailOf(spraying, START).map((entry) => ({ ...entry, userId: null }));
    expect(new DetectionRun([rule], yesterday(1), LATER).judge(trail, '').findings).toHaveLength(1);
  });

  it('is true whatever somebody has tried before on accounts that do not exist', () => {
    const run = new DetectionRun([rule], [], LATER);
    const noise = trailOf(
      spread(300, 3_000, (i) => guess(1000 + i, 99)),
      START - 2 * 3_600_000,
    );
    run.judge(
      noise.map((entry) => ({ ...entry, userId: null })),
      '',
    );
    run.judge(
      trailOf(
        spread(100, 3_000, (i) => guess(i, 50 + i, i < 10 ? 'wrong' : 'right')),
        START - 2 * 3_600_000,
      ),
      '',
    );
    const twoThirds = spread(18, 300, (i) =>
      guess(i, Math.floor(i / 3) % 3, i % 3 === 0 ? 'right' : 'wrong'),
    );
    expect(run.judge(trailOf(twoThirds, START), '').findings).toHaveLength(1);
  });
});
