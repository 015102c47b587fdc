import { describe, expect, it, onTestFinished } from 'vitest';
import { createVerifier, type Requirements } from '../../../packages/verify/src/index.js';
import { newKey } from '../../../src/machines/keys/key-format.js';
import { SystemRandomness } from '../../../src/platform/crypto/randomness.js';
import { createPerson } from '../../support/app/people.js';
import { startApp } from '../../support/app/test-app.js';
import { PROTECTED_APIS } from '../../support/packages/protected-apis.js';

describe('a verifier for an issuer that is no URL', () => {
  /** An API that reads cookies. */
  async function startApi(options: { readonly issuer: string; readonly url: string }) {
    const verifier = createVerifier({ ...options, audience: 'portcullis' });
    const api = await PROTECTED_APIS['Express']!(verifier, {
      cookies: true,
      origins: ['https://app.example.com'],
    });
    onTestFinished(() => api.close());
    return (headers: Record<string, string>) => fetch(api.url, { method: 'POST', headers });
  }

  it.each(['urn:portcullis:prod', 'portcullis', 'localhost:3000'])(
    'takes cookies from pages that it knows, and from no other: %s',
    async (issuer) => {
      const app = await startApp({ listen: true, variables: { JWT_ISSUER: issuer } });
      onTestFinished(() => app.close());
      const { accessToken } = await createPerson(app);
      const post = await startApi({ issuer, url: `${app.url}/` });
      const status = async (origin: string) =>
        (await post({ cookie: `access_token=${accessToken}`, origin, 'sec-fetch-site': 'cross-site' }))
          .status;
      for (const origin of [app.url, 'https://app.example.com']) expect(await status(origin)).toBe(200);
      for (const origin of ['null', 'https://evil.example.com', ''])
        expect([origin, await status(origin)]).toEqual([origin, 403]);
    },
  );

  it('reads only the cookie that sibling hosts cannot set where the service is behind https', async () => {
    const post = await startApi({ issuer: 'urn:portcullis:prod', url: 'https://auth.example.com' });
    const codeOf = async (cookie: string) => {
      const answer = await post({ cookie, origin: 'https://auth.example.com' });
      return (await answer.json()) as object;
    };
    expect(await codeOf('access_token=x')).toMatchObject({ code: 'unauthenticated' });
    expect(await codeOf('__Host-access_token=x')).toMatchObject({
      code: 'invalid_token',
      type: 'https://auth.example.com/docs/errors#invalid_token',
    });
  });
});

describe('the options of createVerifier', () => {
  const GOOD = { issuer: 'https://auth.example.com', audience: 'portcullis' };
  const create = (options: object) => () => createVerifier({ ...GOOD, ...options });

  it.each([
    [{ issuer: undefined }, 'issuer'],
    [{ issuer: '' }, 'issuer'],
    [{ audience: undefined }, 'audience'],
    [{ audience: '' }, 'audience'],
    [{ audience: ['portcullis'] }, 'audience'],
    [{ issuer: 'portcullis' }, 'url'],
    [{ issuer: 'auth.example.com' }, 'url'],
    [{ issuer: 'urn:portcullis:prod' }, 'url'],
    [{ url: 'auth.example.com' }, 'url'],
    [{ url: 'ftp://auth.example.com' }, 'url'],
    [{ revocations: { key: 'x', whenStale: 'accept' } }, 'whenStale'],
    [{ revocations: { key: undefined } }, 'revocations.key'],
  ])('are refused where they are %o', (options, name) => {
    expect(create(options)).toThrow(TypeError);
    expect(create(options)).toThrow(name);
  });

  it.each([0, 0.5, NaN])('are refused with a staleness of %o seconds', (maxStalenessSeconds) => {
    expect(create({ revocations: { key: 'x', maxStalenessSeconds } })).toThrow(RangeError);
  });
});

describe('the requirements of authenticate', () => {
  const verifier = createVerifier({ issuer: 'https://auth.example.com', audience: 'portcullis' });
  const FAULTS = [
    [{ role: ['admin'] }, 'role'],
    [{ maxAge: 300 }, 'maxAge'],
    [{ acr: 'AAL2' }, 'acr'],
    [{ acr: 'aal3' }, 'acr'],
    [{ acr: 2 }, 'acr'],
    [{ roles: 'admin' }, 'roles'],
    [{ roles: null }, 'roles'],
    [{ scopes: 'orders:read' }, 'scopes'],
    [{ scopes: [undefined] }, 'scopes'],
    [{ cookies: true, origins: 'https://app.example.com' }, 'origins'],
    [{ cookies: 'true' }, 'cookies'],
    [{ maxAgeSeconds: '300' }, 'maxAgeSeconds'],
    [{ maxAgeSeconds: -1 }, 'maxAgeSeconds'],
    [{ maxAgeSeconds: NaN }, 'maxAgeSeconds'],
    [{ toString: 1 }, 'toString'],
    [null, 'requirements'],
    [['admin'], 'requirements'],
    ['admin', 'requirements'],
  ] as const;

  it.each(Object.keys(PROTECTED_APIS))(
    'are refused at the start, where a mistake would let everybody in, in %s',
    async (framework) => {
      const start = async (requirements: unknown) => {
        const api = await PROTECTED_APIS[framework]!(verifier, requirements as Requirements);
        onTestFinished(() => api.close());
        return api.url;
      };
      for (const [requirements, member] of FAULTS) {
        const thrown = await start(requirements).catch((error: unknown) => error);
        expect([requirements, thrown]).toEqual([requirements, expect.any(TypeError)]);
        expect((thrown as TypeError).message).toContain(member);
      }
      // As the types allow it, what is undefined is not required.
      await start({ roles: undefined, acr: 'aal1', maxAgeSeconds: 0, scopes: [], cookies: false });
    },
  );
});

describe('the cause of a refusal', () => {
  const verifier = createVerifier({ issuer: 'https://auth.example.com', audience: 'portcullis' });

  it.each([undefined, null, 7, {}, [newKey('user', new SystemRandomness())]])(
    'exists also for %o, which is no text',
    async (token) => {
      await expect(verifier.verify(token as string)).rejects.toMatchObject({
        name: 'VerificationError',
        code: 'invalid_token',
        cause: { message: 'The token is no text.' },
      });
    },
  );

  it('names the check that failed', async () => {
    const app = await startApp({ listen: true });
    onTestFinished(() => app.close());
    const { accessToken } = await createPerson(app);
    const causeOf = (options: object, token = accessToken) =>
      createVerifier({ issuer: 'http://localhost:3000', audience: 'portcullis', url: app.url, ...options })
        .verify(token)
        .then(
          () => 'accepted',
          ({ cause }: { cause: Error }) => cause.message,
        );
    const later = () => new Date(Date.now() + 3_600_000);
    expect(await causeOf({ issuer: app.url })).toBe(
      `The iss of the token is "http://localhost:3000", not "${app.url}".`,
    );
    expect(await causeOf({ audience: 'orders' })).toBe('The aud of the token is "portcullis", not "orders".');
    expect(await causeOf({ now: later })).toBe('The token has expired.');
    expect(await causeOf({}, 'x')).toBe('The token has not three parts in base64url.');
    expect(await causeOf({}, newKey('user', new SystemRandomness()))).toContain("'ask'");
    expect(await causeOf({}, `${accessToken.slice(0, -86)}${'A'.repeat(86)}`)).toBe(
      'signature verification failed',
    );
  });
});
