import { fc } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { isCurrent, principalFrom } from './access-token-claims.js';

const CLAIMS = {
  iss: 'https://auth.example',
  aud: 'portcullis',
  sub: '019abf6e-3c1a-7d52-9a41-6f0a7e1b2c3d',
  sid: '019abf6e-3c1a-7d52-9a41-6f0a7e1b2c3e',
  jti: '019abf6e-3c1a-7d52-9a41-6f0a7e1b2c3f',
  iat: 1_795_000_000,
  exp: 1_795_001_800,
  client_id: 'portcullis',
  roles: ['user'],
};

describe('principalFrom', () => {
  it('returns the user and the session of complete claims', () => {
    expect(principalFrom(CLAIMS)).toEqual({
      kind: 'session',
      userId: CLAIMS.sub,
      sessionId: CLAIMS.sid,
      roles: ['user'],
      acr: 'aal1',
      tokenId: CLAIMS.jti,
      issuedAt: CLAIMS.iat,
      expiresAt: CLAIMS.exp,
    });
  });

  it.each(['aud', 'sub', 'sid', 'jti', 'iat', 'exp', 'client_id', 'roles'])(
    'refuses claims without %s',
    (claim) => {
      const { [claim as 'sub']: _dropped, ...rest } = CLAIMS;
      expect(principalFrom(rest)).toBeNull();
    },
  );

  const dates = [
    '1795001800',
    -1,
    0,
    1795001800.5,
    null,
    true,
    [1795001800],
    {},
    Infinity,
    Number.NaN,
    2 ** 53,
  ];
  it.each(dates)('refuses the date %o', (date) => {
    expect(principalFrom({ ...CLAIMS, exp: date })).toBeNull();
    expect(principalFrom({ ...CLAIMS, iat: date })).toBeNull();
  });

  it('refuses nbf, which no token of this service has', () => {
    expect(principalFrom({ ...CLAIMS, nbf: CLAIMS.iat })).toBeNull();
  });

  it.each([[['portcullis']], [['portcullis', 'other']], [null], [7]])('refuses the audience %j', (aud) => {
    expect(principalFrom({ ...CLAIMS, aud })).toBeNull();
  });

  it.each(['', 'root', "' OR 1=1 --", CLAIMS.sub.toUpperCase(), `${CLAIMS.sub}\n`, null, 7, [CLAIMS.sub]])(
    'refuses the subject or session %j',
    (id) => {
      expect(principalFrom({ ...CLAIMS, sub: id })).toBeNull();
      expect(principalFrom({ ...CLAIMS, sid: id })).toBeNull();
    },
  );

  it.each(['admin', null, { admin: true }, ['root'], ['user', 'root'], [['admin']], [null], ['admin\0']])(
    'refuses the roles %j',
    (roles) => {
      expect(principalFrom({ ...CLAIMS, roles })).toBeNull();
    },
  );

  it('accepts an empty list of roles', () => {
    expect(principalFrom({ ...CLAIMS, roles: [] })?.roles).toEqual([]);
  });

  it.each([null, undefined, '', 'claims', 7, [], true])('refuses %j instead of claims', (claims) => {
    expect(principalFrom(claims)).toBeNull();
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...Object.keys(CLAIMS)), fc.jsonValue()), (claims) => {
        expect(() => principalFrom(claims)).not.toThrow();
      }),
    );
  });
});

describe('isCurrent', () => {
  const principal = principalFrom(CLAIMS)!;
  const at = (seconds: number) => isCurrent(principal, seconds * 1000);

  it('ends at exp, without leeway', () => {
    expect(at(CLAIMS.exp - 0.001)).toBe(true);
    expect(at(CLAIMS.exp)).toBe(false);
  });

  it('begins at iat, with a minute of leeway for the clock of another instance', () => {
    expect(at(CLAIMS.iat - 60)).toBe(true);
    expect(at(CLAIMS.iat - 60.001)).toBe(false);
  });
});
