import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../test/support/files/temporary-folder.js';
import { ConfigurationFault } from '../../platform/config/configuration-fault.js';
import { readGateRules } from './gate-rules.js';

const LOGIN = { LOGIN_URL: 'https://example.org/login', GATEWAY_ORIGINS: ['https://example.org:8443'] };

/** The rules in a file with this content, or its faults. */
async function read(content: string, environment: Partial<typeof LOGIN> = {}) {
  const path = join(await temporaryFolder(), 'rules.yaml');
  await writeFile(path, content);
  try {
    return await readGateRules({ GATEWAY_RULES_FILE: path, GATEWAY_ORIGINS: [], ...environment });
  } catch (error) {
    if (!(error instanceof ConfigurationFault)) throw error;
    return error.faults.map((fault) => fault.replace('GATEWAY_RULES_FILE: ', ''));
  }
}

const FULL = `
# Everything that a rule can have.
rules:
  app:
    access: signed-in
    roles: [admin, auditor]
    audience: https://app.example.org
    acr: aal2
    maxAgeSeconds: 600
    credentials: [cookie]
    login: redirect
    preflight: true
    limits:
      - { name: pages, limit: 100, windowSeconds: 60, by: caller }
      - { name: logins, limit: 5, windowSeconds: 60, by: address, exact: true }
  site: { access: anonymous }
`;

describe('a rules file', () => {
  it('is YAML, with defaults for what a rule does not say', async () => {
    const rules = await read(FULL, LOGIN);
    expect(rules).not.toBeInstanceOf(Array);
    if (Array.isArray(rules)) return;
    expect(rules.find('app')).toEqual({
      name: 'app',
      access: 'signed-in',
      roles: ['admin', 'auditor'],
      scopes: [],
      acr: 'aal2',
      maxAgeSeconds: 600,
      limits: [
        { name: 'pages', limit: 100, windowSeconds: 60, by: 'caller', exact: false },
        { name: 'logins', limit: 5, windowSeconds: 60, by: 'address', exact: true },
      ],
      audience: 'https://app.example.org',
      credentials: ['cookie'],
      redirectsToLogin: true,
      preflight: true,
    });
    expect(rules.find('site')).toMatchObject({
      roles: null,
      acr: null,
      audience: null,
      credentials: ['cookie', 'bearer'],
      redirectsToLogin: false,
      preflight: false,
    });
    for (const name of ['App', 'app ', 'toString', '__proto__']) expect(rules.find(name)).toBeUndefined();
  });

  it('can be JSON, and is optional', async () => {
    const rules = await read('{"rules":{"app":{"access":"signed-in","audience":"app","scopes":["a:b"]}}}');
    expect(Array.isArray(rules) ? rules : rules.find('app')?.scopes).toEqual(['a:b']);
    expect((await readGateRules({ GATEWAY_ORIGINS: [] })).all).toEqual([]);
  });

  it('can have no role beside scopes, which admits service accounts only, and nowhere else', async () => {
    const withNoRole = (members: object) =>
      read(
        JSON.stringify({ rules: { app: { access: 'signed-in', audience: 'app', roles: [], ...members } } }),
      );
    const rules = await withNoRole({ scopes: ['a:b'] });
    expect(Array.isArray(rules) ? rules : rules.find('app')).toMatchObject({ roles: [], scopes: ['a:b'] });
    expect(await withNoRole({})).toEqual([
      'rules.app.roles must be a list of user, auditor, admin, at least one and none twice',
    ]);
  });

  it('names every fault in a line of its own, and repeats no value', async () => {
    const faults = await read(`
rules:
  App: { access: anonymous }
  gate-check-silent: { access: anonymous }
  one: { audience: app }
  two: { access: maybe, audience: "a b", roles: [root], credentials: [], login: yes, preflight: 1, acr: 2, more: 3 }
  three: { access: signed-in }
  four: { access: anonymous, roles: [admin], maxAgeSeconds: 60 }
  five: { access: signed-in, audience: a, scopes: [a, a], acr: aal2, maxAgeSeconds: 0 }
  six: { access: signed-in, audience: a, login: redirect, credentials: [bearer] }
  seven:
    access: anonymous
    limits: [{ name: x, limit: 0, windowSeconds: 1.5, by: session, exact: no }, { name: x }, 5]
  eight: nothing
`);
    expect(faults).toEqual([
      'rules."App" must be named with a to z, 0 to 9 and -, at most 63 characters',
      'rules.gate-check-silent has a name that is reserved for the command gate:check',
      'rules.one.access must be set',
      'rules.two has an unknown member "more"',
      'rules.two.access must be anonymous or signed-in',
      'rules.two.roles must be a list of user, auditor, admin, at least one and none twice',
      'rules.two.acr must be aal1 or aal2',
      'rules.two.audience must be a text of the form ^[\\x21-\\x7e]{1,255}$',
      'rules.two.credentials must be a list of cookie, bearer, at least one and none twice',
      'rules.two.login must be redirect',
      'rules.two.preflight must be true or false',
      'rules.three.audience must be set where access is signed-in',
      'rules.four.roles has no effect where access is anonymous',
      'rules.four.maxAgeSeconds has no effect where access is anonymous',
      'rules.five.scopes must be a list of scopes, at least one and none twice',
      'rules.five.maxAgeSeconds must be a whole number from 1 to 31536000',
      'rules.five.scopes must not be set with acr or maxAgeSeconds, which no key can have',
      'rules.six.login needs the credential cookie, which a browser sends after the login',
      'rules.seven.limits[0].limit must be a whole number from 1 to 9999999',
      'rules.seven.limits[0].windowSeconds must be a whole number from 1 to 86400',
      'rules.seven.limits[0].by must be caller or address',
      'rules.seven.limits[0].exact must be true or false',
      'rules.seven.limits[1].limit must be set',
      'rules.seven.limits[1].windowSeconds must be set',
      'rules.seven.limits[1].by must be set',
      'rules.seven.limits[2] must have members',
      'rules.seven.limits[2].name must be set',
      'rules.seven.limits[2].limit must be set',
      'rules.seven.limits[2].windowSeconds must be set',
      'rules.seven.limits[2].by must be set',
      'rules.seven.limits must have a name of its own for each limit',
      'rules.eight must have members',
      'rules.eight.access must be set',
      'rules.eight.audience must be set where access is signed-in',
      'LOGIN_URL must be set, because the rule six redirects to it',
      'GATEWAY_ORIGINS must be set, because the rule six redirects to the login, which leads back to these origins only',
    ]);
  });

  it.each(['LOGIN_URL', 'GATEWAY_ORIGINS'] as const)(
    'needs %s only where a rule redirects to the login',
    async (missing) => {
      const { [missing]: _without, ...environment } = LOGIN;
      expect(await read(FULL, environment)).toEqual([
        expect.stringMatching(`^${missing} must be set, because the rule app`),
      ]);
      expect(await read(FULL.replace('login: redirect', ''), environment)).not.toBeInstanceOf(Array);
    },
  );

  it.each([
    [10_000, true, []],
    [10_001, true, ['rules.site.limits[0].limit must be at most 10000 where exact is true']],
    [9_999_999, false, []],
  ])('with a limit of %i, exact %j, has these faults: %j', async (limit, exact, faults) => {
    const limits = [{ name: 'pages', limit, windowSeconds: 60, by: 'address', exact }];
    const found = await read(JSON.stringify({ rules: { site: { access: 'anonymous', limits } } }));
    expect([found].flat().filter((fault) => typeof fault === 'string')).toEqual(faults);
  });

  it('has at most 32 limits in a rule', async () => {
    const limits = Array.from({ length: 33 }, (_, index) => ({
      name: `n${index}`,
      limit: 1,
      windowSeconds: 60,
      by: 'address',
    }));
    const withLimits = (count: number) =>
      read(JSON.stringify({ rules: { site: { access: 'anonymous', limits: limits.slice(0, count) } } }));
    expect(await withLimits(33)).toEqual(['rules.site.limits must be a list of at most 32']);
    expect(await withLimits(32)).not.toBeInstanceOf(Array);
  });

  it.each([
    ['', ['the file must have members']],
    ['[]', ['the file must have members', 'rules must have members']],
    ['rules: []', ['rules must have members']],
    ['rules: {}\nother: {}', ['the file has an unknown member "other"']],
    ['rules: {', [expect.stringMatching(/^line 1, column \d+ is not valid YAML/) as string]],
    ['rules: {a: 1, a: 2}', ['line 1, column 15 is not valid YAML (DUPLICATE_KEY)']],
    ['rules: *nothing', ['has an alias that cannot be resolved']],
  ])('is refused if it is %j', async (content, faults) => {
    const found = await read(content);
    expect(found).toEqual(expect.arrayContaining(faults));
  });

  it('must be readable', async () => {
    await expect(
      readGateRules({ GATEWAY_RULES_FILE: '/nowhere/rules.yaml', GATEWAY_ORIGINS: [] }),
    ).rejects.toThrow('GATEWAY_RULES_FILE names a file that cannot be read (ENOENT)');
  });
});
