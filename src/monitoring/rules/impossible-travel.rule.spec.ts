import { describe, expect, it } from 'vitest';
import { START, findingsOf } from '../../../test/support/attacks/findings-of.js';
import { spread } from '../../../test/support/attacks/scenario.js';
import { BERLIN, HAMBURG, NEW_YORK, SYDNEY } from '../../../test/support/geoip/cities.js';
import { Environment } from '../../platform/config/environment.js';
import type { Place } from '../places/place.js';
import { impossibleTravel } from './impossible-travel.rule.js';
import { passwordSpraying } from './password-spraying.rule.js';
import { rulesOf } from './rules.js';

const PLACES: Readonly<Record<string, Place>> = {
  berlin: BERLIN,
  hamburg: HAMBURG,
  sydney: SYDNEY,
  newYork: NEW_YORK,
  somewhereInTheStates: { country: 'US', latitude: 37.751, longitude: -97.822, radiusKm: 1000 },
  atSea: { country: null, latitude: 0, longitude: -30, radiusKm: 0 },
};
const places = { placeOf: (address: string) => PLACES[address] ?? null };

const limitedTo = (limit: string) =>
  impossibleTravel(Object.assign(new Environment(), { DETECT_IMPOSSIBLE_TRAVEL: limit }), places);
const rule = limitedTo('1000/3600');

/** A login with the right password, `minutes` after the start. The test kit accepts any name as an address. */
const login = (minutes: number, address: string, account = 'owner') =>
  ({ at: minutes * 60_000, kind: 'login', account, address, password: 'right', device: 'known' }) as const;

describe('impossible_travel', () => {
  it('is true of logins from places too far apart for the time between them, and notifies the owner', () => {
    const findings = findingsOf([rule], [login(0, 'berlin'), login(20, 'sydney')]);
    expect(findings).toMatchObject([
      { kind: { name: 'impossible_travel', severity: 'warning', toOwner: expect.anything() }, count: 1 },
    ]);
    const [{ subject, evidence }] = findings as [(typeof findings)[number]];
    expect(evidence.summary).toBe(
      'One account was used from DE and AU, about 16000 km apart, within 3600 s.',
    );
    expect(evidence).toMatchObject({ countries: ['DE', 'AU'], kilometres: 16_000, threshold: 1000 });
    expect(subject).toBe(`user:${String(evidence.userIds?.[0])}`);
  });

  it('identifies places only by country', () => {
    const text = JSON.stringify(findingsOf([rule], [login(0, 'berlin'), login(20, 'sydney')]));
    expect(text).not.toMatch(/latitude|longitude|radius|52\.5|13\.4|33\.8|151\.2/);
  });

  it('is not true at exactly the limit, nor if the first login is as old as the window', () => {
    const near = [login(0, 'berlin'), login(1, 'hamburg')];
    expect(findingsOf([limitedTo('186/3600')], near)).toEqual([]);
    expect(findingsOf([limitedTo('185/3600')], near)).toHaveLength(1);
    expect(findingsOf([rule], [login(0, 'berlin'), login(60, 'sydney')])).toEqual([]);
    expect(findingsOf([rule], [login(0, 'berlin'), login(59.9, 'sydney')])).toHaveLength(1);
  });

  it('compares with the furthest login of the window, not with the last one', () => {
    const findings = findingsOf([rule], [login(0, 'sydney'), login(50, 'berlin'), login(55, 'hamburg')]);
    expect(findings).toMatchObject([{ count: 2, evidence: { countries: ['AU', 'DE'] } }]);
  });

  it('reports the journey that made it true, even if the window has moved by the end of the page', () => {
    const findings = findingsOf([rule], [login(0, 'berlin'), login(20, 'sydney'), login(65, 'sydney')]);
    expect(findings).toMatchObject([{ count: 1, evidence: { countries: ['DE', 'AU'], kilometres: 16_000 } }]);
  });

  it('assumes the shortest distance for an address of which only the country is known', () => {
    expect(findingsOf([rule], [login(0, 'newYork'), login(5, 'somewhereInTheStates')])).toEqual([]);
    expect(findingsOf([rule], [login(0, 'berlin'), login(5, 'somewhereInTheStates')])).toHaveLength(1);
  });

  it('states in words what is unknown', () => {
    const summaryOf = (from: string, to: string) =>
      findingsOf([limitedTo('100/3600')], [login(0, from), login(5, to)])[0]?.evidence.summary;
    expect(summaryOf('berlin', 'atSea')).toContain('from DE and an unknown country, about');
    expect(summaryOf('berlin', 'hamburg')).toContain('from two places in DE, about 190 km apart');
  });

  it('evaluates accounts separately, and ignores unknown places and wrong passwords', () => {
    const berlin = login(0, 'berlin');
    expect(findingsOf([rule], [berlin, login(5, 'sydney', 'another')])).toEqual([]);
    expect(findingsOf([rule], [berlin, login(5, 'nowhere')])).toEqual([]);
    expect(findingsOf([rule], [berlin, { ...login(5, 'sydney'), password: 'wrong' }])).toEqual([]);
    expect(findingsOf([rule], [berlin, login(5, 'nowhere'), login(9, 'sydney')])).toHaveLength(1);
  });

  it('is off without places, and when it is switched off', () => {
    const limitOf = (rules: ReturnType<typeof rulesOf>) =>
      rules.find(({ name }) => name === 'impossible_travel')?.limit;
    expect(limitOf(rulesOf(new Environment()))).toBeNull();
    expect(limitOf(rulesOf(new Environment(), places))).toEqual({ count: 1000, seconds: 3600 });
    expect(limitedTo('off').limit).toBeNull();
  });

  it('does not shorten the failure baseline of password spraying', () => {
    const spraying = spread(60, 300, (i) => ({
      ...login(0, `192.0.2.${i % 12}`, `user-${i}`),
      password: i % 10 === 0 ? ('right' as const) : ('wrong' as const),
    }));
    const halfFailed = [{ startMs: START - 1_200_000, position: '', attempts: 100, failures: 50 }];
    const both = [passwordSpraying(new Environment()), rule];
    expect(findingsOf(both, spraying)).toHaveLength(1);
    expect(findingsOf(both, spraying, halfFailed)).toEqual([]);
  });
});
