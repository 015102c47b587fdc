import { address } from './attacks.js';
import { type Act, type Scenario, spread } from './scenario.js';

const TEN_MINUTES = 600;

const login = (account: string, from: string, password: 'right' | 'wrong' = 'right') =>
  ({ kind: 'login', account, address: from, password, device: 'known' }) as const;

/** A user who mistypes the password several times and then signs in, with a few seconds between the attempts. */
function mistypes(account: string, from: string, atSeconds: number, times: number): Act[] {
  return Array.from({ length: times + 1 }, (_, i) => ({
    ...login(account, from, i < times ? 'wrong' : 'right'),
    at: (atSeconds + 7 * i) * 1000,
  }));
}

/** Fifty people behind one address arrive at work; every fourth mistypes, one in ten up to four times. */
const OFFICE: Scenario = {
  name: 'an office of fifty behind one address',
  expects: [],
  acts: Array.from({ length: 50 }, (_, i) =>
    mistypes(`colleague-${i}`, address(0), i * 11, i % 10 === 0 ? 4 : i % 4 === 0 ? 1 : 0),
  ).flat(),
};

/** It requests a token for every job with the correct password, and exceeds the limit of five a minute. */
const BUILD_SERVER: Scenario = {
  name: 'a build server that logs in 200 times',
  expects: [],
  acts: spread(200, TEN_MINUTES, () => login('ci', address(1))),
};

const HOUSEHOLDS: Scenario = {
  name: 'three hundred households, one or two logins each, one in six mistyped',
  expects: [],
  acts: Array.from({ length: 300 }, (_, i) =>
    mistypes(`user-${i}`, address(3 + i), (i * 2) % TEN_MINUTES, i % 6 === 0 ? 2 : 0),
  ).flat(),
};

/**
 * The password was changed on the laptop; phone and tablet try the old one every two minutes until it is updated
 * there.
 */
const CHANGED_PASSWORD: Scenario = {
  name: 'old devices after a password change',
  expects: [],
  acts: [
    ...spread(4, 480, () => login('changed', address(2), 'wrong')),
    ...spread(4, 480, () => login('changed', address(2), 'wrong')).map((act) => ({
      ...act,
      at: act.at + 30_000,
    })),
    ...spread(3, TEN_MINUTES, () => login('changed', address(2))),
  ],
};

const NEWCOMERS: Scenario = {
  name: 'a class of thirty registers and signs in for the first time',
  expects: [],
  acts: spread(30, 120, (i) => ({ ...login(`pupil-${i}`, address(4)), device: 'first' })),
};

/** A browser that polls, and briefly exceeds its limit after waking up. */
const POLLING: Scenario = {
  name: 'a tab that catches up after sleep',
  expects: [],
  acts: spread(140, 60, () => ({ kind: 'request', address: address(5) })),
};

/** Somebody who waits for a mail that the provider delays presses the button again and again. */
const IMPATIENT: Scenario = {
  name: 'one person who asks fourteen times for a link that resets the password',
  expects: [],
  acts: spread(14, 50, () => ({ kind: 'mail', account: 'impatient', address: address(6) })),
};

const WORKSHOP: Scenario = {
  name: 'a workshop of thirty who all ask for a mail',
  expects: [],
  acts: spread(30, 50, (i) => ({ kind: 'mail', account: `participant-${i}`, address: address(7) })),
};

/** More people than the limit of logins from one address allows, most of whom it refuses before their password is checked. */
const SCHOOL: Scenario = {
  name: 'a school of 128 behind one address, who all sign in within a minute, and one in five of whom mistypes',
  expects: [],
  acts: spread(128, 55, (i) => login(`student-${i}`, address(400), i % 5 === 0 ? 'wrong' : 'right')),
};

/**
 * On twenty devices, a program tries an old password six times each. The others work in applications that ask for a token again and
 * again, and have no wrong passwords.
 */
const OLD_DEVICES: Scenario = {
  name: 'an office of 35 behind one address, where twenty devices still have an old password',
  expects: [],
  acts: [
    ...spread(120, TEN_MINUTES, (i) => login(`renewed-${i % 20}`, address(401), 'wrong')),
    ...spread(180, TEN_MINUTES, (i) => login(`busy-${i % 15}`, address(401))),
  ].sort((a, b) => a.at - b.at),
};

/** Traffic that must not raise an alert of severity `warning` or above. */
export const ORDINARY: readonly Scenario[] = [
  OFFICE,
  BUILD_SERVER,
  HOUSEHOLDS,
  CHANGED_PASSWORD,
  NEWCOMERS,
  POLLING,
  IMPATIENT,
  WORKSHOP,
  SCHOOL,
  OLD_DEVICES,
];

/** All ordinary traffic at once, ordered by time. */
export const ORDINARY_TEN_MINUTES: Scenario = {
  name: 'ten minutes of ordinary traffic, all at once',
  expects: [],
  // When it is replayed within seconds, it exceeds limits that it would not exceed in ten minutes.
  variables: { RATE_LIMIT_DEFAULT: 'off', RATE_LIMIT_MAIL: '3/3600', RATE_LIMIT_MAIL_ADDRESS: '10/3600' },
  acts: ORDINARY.flatMap(({ acts }) => acts).sort((a, b) => a.at - b.at),
};
