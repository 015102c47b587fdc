import { describe, expect, it, onTestFinished } from 'vitest';
import { createVerifier, type VerifierOptions } from '../../../packages/verify/src/index.js';
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
  const create = (options: object) => () => createVerifier({ ...GOOD, ...options } as VerifierOptions);

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
