import { describe, expect, it } from 'vitest';
import { LATER, START, findingsOf } from '../../../test/support/attacks/findings-of.js';
import { type Act, spread } from '../../../test/support/attacks/scenario.js';
import { trailOf } from '../../../test/support/attacks/trail-of.js';
import { Environment } from '../../platform/config/environment.js';
import type { Finding } from '../alerts/alert-kind.js';
import { rulesOf } from '../rules/rules.js';
import { DetectionRun } from './detection-run.js';
import { MOST_NAMED, MOST_OF_ONE_SITE, MOST_OF_ONE_USER } from './subject-bound.js';

const RULES = rulesOf(new Environment());

/** Forgeries by the given number of clients, twenty each. */
const forgeries = (clients: number, addressOf: (client: number) => string): Act[] =>
  spread(clients * 20, clients / 30, (i) => ({ kind: 'forgery', address: addressOf(Math.floor(i / 20)) }));
const oneSite = (client: number) => `2001:db8:7:${client.toString(16)}::1`;
const manySites = (client: number) => `2001:db8:${client.toString(16)}::1`;
const ipv4 = (client: number) => `10.${client >> 8}.${client & 255}.1`;
const reuse: Act = { kind: 'reuse', account: 'victim', address: '192.0.2.1', at: 400 };

const subjects = (findings: readonly Finding[]) =>
  findings.filter(({ kind }) => kind.name === 'token_forgery').map(({ subject }) => subject);

describe('The subjects of a rule', () => {
  it('are combined by /48 if an outsider causes one alert per /64', () => {
    const found = subjects(findingsOf(RULES, forgeries(300, oneSite)));
    expect(found).toHaveLength(MOST_OF_ONE_SITE + 1);
    expect(found).toContain('address:2001:db8:7::/48');
  });

  it.each([
    ['of many sites', manySites],
    ['of IPv4', ipv4],
  ])('are combined beyond a limit, with every address for responses: %s', (_, addressOf) => {
    const findings = findingsOf(RULES, forgeries(300, addressOf));
    expect(subjects(findings)).toHaveLength(MOST_NAMED + 1);
    const others = findings.find(({ subject }) => subject === 'others')!;
    expect(others).toMatchObject({ count: 280, evidence: { subjects: 280 } });
    expect(others.addresses).toHaveLength(280);
    expect(others.evidence.addresses).toHaveLength(20);
    expect(others.evidence.summary).toMatch(/^True of 280 other subjects; most recent: 20 tokens/);
  });

  it('stay limited across pages, and are named again after an hour', () => {
    const run = new DetectionRun(RULES, [], LATER);
    const judge = (acts: Act[], startMs: number) => subjects(run.judge(trailOf(acts, startMs), '').findings);
    judge(forgeries(MOST_NAMED, ipv4), START);
    expect(judge(forgeries(5, manySites), START + 60_000)).toEqual(['others']);
    expect(judge(forgeries(5, ipv4), START + 120_000)).toHaveLength(5);
    expect(judge(forgeries(5, manySites), START + 4_000_000)).toHaveLength(5);
  });

  it('are named again after a clock that was a day ahead is set right', () => {
    const run = new DetectionRun(RULES, [], LATER);
    const judge = (acts: Act[], startMs: number) => subjects(run.judge(trailOf(acts, startMs), '').findings);
    judge(forgeries(MOST_NAMED, ipv4), START + 86_400_000);
    expect(judge(forgeries(5, manySites), START)).toHaveLength(5);
  });

  it('are combined by user if one user causes one alert per session', () => {
    const run = new DetectionRun(RULES, [], LATER);
    const reuses = (sessions: number[], account: string, startMs: number) =>
      trailOf([{ ...reuse, account }], startMs).flatMap((entry) =>
        sessions.map((session) => ({ ...entry, sessionId: `${account}-${session}` })),
      );
    const judge = (sessions: number[], account: string, startMs = START) =>
      run.judge(reuses(sessions, account, startMs), '').findings;
    const { userId } = reuses([1], 'many', START)[0]!;
    const named = ['session:many-1', 'session:many-2', 'session:many-3'];
    const found = judge([1, 2, 3, 4, 5], 'many');
    expect(found.map(({ subject }) => subject)).toEqual([...named, `user:${userId}`]);
    expect(found.at(-1)).toMatchObject({ count: 2, evidence: { subjects: 2, userIds: [userId] } });
    expect(found.at(-1)?.evidence.summary).toMatch(/^True of 2 further sessions of one user; most recent: A/);
    expect(judge([1], 'other').map(({ subject }) => subject)).toEqual(['session:other-1']);
    expect(judge([6], 'many').map(({ subject }) => subject)).toEqual([`user:${userId}`]);
    expect(judge([7], 'many', START + 4_000_000).map(({ subject }) => subject)).toEqual(['session:many-7']);
  });

  it.each([
    ['networks of one /48', oneSite],
    ['IPv4 addresses', ipv4],
  ])('are combined by user if an outsider guesses at one account from many %s', (_, addressOf) => {
    const guesses = spread(3000, 590, (i) => ({
      kind: 'login' as const,
      account: 'victim',
      address: addressOf(i % 300),
      password: 'wrong' as const,
    }));
    const found = findingsOf(RULES, guesses).filter(({ kind }) => kind.name === 'brute_force');
    const [userId] = found[0]!.evidence.userIds!;
    expect(found).toHaveLength(MOST_OF_ONE_USER + 1);
    expect(found[0]!.subject).toMatch(new RegExp(`^user:${userId} address:`));
    expect(found.at(-1)).toMatchObject({ subject: `user:${userId}`, evidence: { subjects: 297 } });
    expect(found.at(-1)!.evidence.summary).toMatch(/^True of 297 further IP addresses for one user; most/);
    expect(new Set(found.flatMap(({ addresses }) => addresses)).size).toBe(300);
  });

  it('are combined by user if one user causes one alert per key, without hiding the key of another', () => {
    const uses = (keys: number, owner: string) =>
      spread(keys * 20, 100, (i) => ({
        kind: 'key' as const,
        key: `${owner} ${i % keys}`,
        owner,
        reason: 'revoked' as const,
        address: `192.0.2.${Math.floor(i / keys)}`,
      }));
    const acts = [...uses(30, 'many'), ...uses(1, 'other')].toSorted((a, b) => a.at - b.at);
    const found = findingsOf(RULES, acts).filter(({ kind }) => kind.name === 'key_abuse');
    expect(found).toHaveLength(MOST_OF_ONE_USER + 1 + 1);
    const joined = found.find(({ subject }) => subject.startsWith('user:'));
    expect(joined?.evidence.subjects).toBe(27);
    expect(joined?.evidence.summary).toMatch(/^True of 27 further API keys of one user; most recent: 20/);
  });

  it('are always named if they are known users', () => {
    const logins = spread(100, 100, (i) => ({
      kind: 'login' as const,
      account: `owner-${i}`,
      address: `10.0.${i}.1`,
      password: 'right' as const,
      device: 'new' as const,
    }));
    const found = findingsOf(RULES, logins).filter(({ kind }) => kind.name === 'login_from_new_device');
    expect(found).toHaveLength(100);
  });
});

describe('Findings', () => {
  it('are ordered by severity', () => {
    const acts = [...forgeries(300, manySites), reuse].sort((a, b) => a.at - b.at);
    const [first, ...rest] = findingsOf(RULES, acts);
    expect(first!.kind.name).toBe('refresh_token_reuse');
    expect(new Set(rest.map(({ kind }) => kind.name))).toEqual(new Set(['token_forgery']));
  });
});
