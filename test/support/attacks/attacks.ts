import { type Act, type Scenario, spread } from './scenario.js';

const guess = (account: string, address: string) =>
  ({ kind: 'login', account, address, password: 'wrong' }) as const;

/** One of the 762 addresses in the IPv4 documentation networks (RFC 5737), which belong to nobody. */
export const address = (index: number) =>
  `${['192.0.2', '198.51.100', '203.0.113'][index % 3]}.${1 + (Math.floor(index / 3) % 254)}`;

/** The addresses of attackers; ordinary traffic uses the first few hundred. */
const evil = (index: number) => address(600 + index);

/** A login of the attacker to an account of their own, which lowers the share of failures. */
const ownLogin = (address: string) =>
  ({ kind: 'login', account: 'own', address, password: 'right', device: 'known' }) as const;

/**
 * Every attack for which a rule exists, in its weakest form: just above the threshold, spread over the longest time
 * that still counts.
 */
export const ATTACKS: readonly Scenario[] = [
  {
    name: 'brute force: a dozen passwords on one account within two minutes',
    expects: ['brute_force'],
    acts: spread(12, 120, () => guess('victim', evil(0))),
  },
  {
    name: 'slow drip: one guess in 55 seconds, under every limit',
    expects: ['brute_force'],
    acts: spread(10, 550, () => guess('victim', evil(0))),
  },
  {
    name: 'distributed guessing: one account, twelve addresses, one guess each',
    expects: ['distributed_guessing'],
    acts: spread(12, 400, (i) => guess('victim', evil(i))),
  },
  {
    name: 'credential stuffing: 25 leaked pairs from one address, two of which fit',
    expects: ['credential_stuffing'],
    acts: spread(25, 500, (i) => ({
      ...guess(`leaked-${i}`, evil(0)),
      password: i === 7 || i === 19 ? 'right' : 'wrong',
      device: 'known',
    })),
  },
  {
    name: 'credential stuffing that roams through one IPv6 /64',
    expects: ['credential_stuffing'],
    acts: spread(25, 500, (i) => guess(`leaked-${i}`, `2001:db8:1:2::${(i + 1).toString(16)}`)),
  },
  {
    name: 'credential stuffing at full speed: most attempts never get past the limit',
    expects: ['credential_stuffing', 'rate_limit_storm'],
    variables: { RATE_LIMIT_LOGIN_ADDRESS: '30/60' },
    acts: spread(150, 30, (i) => guess(`leaked-${i}`, evil(0))),
  },
  {
    name: "credential stuffing among as many logins to an account of the attacker's own, most of them refused",
    expects: ['credential_stuffing'],
    variables: { RATE_LIMIT_LOGIN: '5/60' },
    acts: spread(50, 55, (i) => (i % 2 === 0 ? guess(`leaked-${i}`, evil(0)) : ownLogin(evil(0)))),
  },
  {
    name: "password spraying among twice as many logins to an account of the attacker's own",
    expects: ['password_spraying'],
    acts: spread(180, 540, (i) =>
      i % 3 === 0 ? guess(`employee-${i}`, evil((i / 3) % 15)) : ownLogin(evil(i % 15)),
    ),
  },
  {
    name: 'password spraying: sixty accounts, fifteen addresses, four guesses from each',
    expects: ['password_spraying'],
    acts: spread(60, 540, (i) => guess(`employee-${i}`, evil(i % 15))),
  },
  {
    name: 'token forgery: 25 tokens signed with another key',
    expects: ['token_forgery'],
    acts: spread(25, 250, () => ({ kind: 'forgery', address: evil(0) })),
  },
  {
    name: 'a published key: 24 uses from six addresses after it was revoked',
    expects: ['key_abuse'],
    acts: spread(24, 550, (i) => ({
      kind: 'key',
      key: 'published',
      owner: 'owner',
      reason: 'revoked',
      address: evil(i % 6),
    })),
  },
  {
    name: 'refresh token reuse: a stolen token is presented after its rotation',
    expects: ['refresh_token_reuse'],
    acts: [{ at: 0, kind: 'reuse', account: 'victim', address: evil(0) }],
  },
  {
    name: 'limit storm: a client that continues to send requests beyond its limit',
    expects: ['rate_limit_storm'],
    acts: spread(250, 50, () => ({ kind: 'request', address: evil(0) })),
  },
  {
    name: 'a known account is entered from a new device',
    expects: ['login_from_new_device'],
    acts: [{ at: 0, kind: 'login', account: 'owner', address: evil(0), password: 'right', device: 'new' }],
  },
  {
    name: 'a user is made an administrator',
    expects: ['privilege_granted'],
    acts: [{ at: 0, kind: 'grant', account: 'climber', role: 'admin' }],
  },
];

/** Shifts the acts of an attack to a later time. */
export function later(acts: readonly Act[], byMs: number): Act[] {
  return acts.map((act) => ({ ...act, at: act.at + byMs }));
}
