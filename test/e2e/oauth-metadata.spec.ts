import { Logger } from '@nestjs/common';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startApp, type TestApp } from '../support/app/test-app.js';

const PATH = '/.well-known/oauth-authorization-server';

describe('the metadata of the authorization server', () => {
  const running: TestApp[] = [];
  afterEach(async () => {
    vi.restoreAllMocks();
    for (const app of running.splice(0)) await app.close();
  });

  const start = async (variables: Record<string, string>) => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    const app = await startApp({ variables });
    running.push(app);
    const warnings = warn.mock.calls
      .map(([text]) => String(text))
      .filter((text) => text.includes('JWT_ISSUER'));
    const read = async (url: string) => {
      const answer = await app.call({ url });
      return answer.statusCode === 200 ? answer.json<{ issuer: string }>().issuer : answer.statusCode;
    };
    return { app, warnings, read };
  };

  it('names the issuer, the endpoints and what they take', async () => {
    const { app, warnings } = await start({ PUBLIC_URL: 'https://auth.example.com', COOKIE_SECURE: 'true' });
    const answer = await app.call({ url: PATH });
    expect(answer.headers).toMatchObject({
      'content-type': expect.stringMatching(/^application\/json/),
      'cache-control': 'public, max-age=300',
    });
    const { scopes_supported, ...metadata } = answer.json<{ scopes_supported: string[] }>();
    expect(metadata).toEqual({
      issuer: 'https://auth.example.com',
      token_endpoint: 'https://auth.example.com/oauth/token',
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
      grant_types_supported: ['client_credentials'],
      response_types_supported: [],
      jwks_uri: 'https://auth.example.com/.well-known/jwks.json',
      introspection_endpoint: 'https://auth.example.com/oauth/introspect',
      introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'Bearer'],
      revocation_endpoint: 'https://auth.example.com/oauth/revoke',
      revocation_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    });
    expect(scopes_supported).toEqual(scopes_supported.toSorted());
    expect(scopes_supported).toEqual(
      expect.arrayContaining([
        'audit:read',
        'revocations:read',
        'tokens:introspect',
        'tokens:revoke',
        'users:write',
      ]),
    );
    expect(warnings).toEqual([]);
    expect((await app.call({ url: `${PATH}/auth` })).json().code).toBe('not_found');
    expect((await app.call({ url: PATH, method: 'POST' })).json().code).toBe('method_not_allowed');
  });

  it('is where RFC 8414 has it if the issuer has a path', async () => {
    const issuer = 'https://example.com/auth/eu';
    const { app, warnings, read } = await start({ PUBLIC_URL: issuer, COOKIE_SECURE: 'true' });
    expect(await read(`${PATH}/auth/eu`)).toBe(issuer);
    expect(await read(PATH)).toBe(issuer);
    for (const other of ['/auth', '/auth/eu/', '/auth/eu/x', '/auth//eu', '/', '/AUTH/eu'])
      expect([other, await read(`${PATH}${other}`)]).toEqual([other, 404]);
    expect(warnings).toEqual([]);
    const { token_endpoint } = (await app.call({ url: PATH })).json<{ token_endpoint: string }>();
    expect(token_endpoint).toBe(`${issuer}/oauth/token`);
  });

  it('is at the path of an issuer other than PUBLIC_URL, which the start warns of', async () => {
    const issuer = 'https://login.example.com/tenant/';
    const { warnings, read } = await start({ JWT_ISSUER: issuer });
    expect(await read(`${PATH}/tenant`)).toBe(issuer);
    expect(warnings).toEqual([expect.stringContaining(`${PATH}/tenant on the host of JWT_ISSUER`)]);
  });

  it('cannot be found if the issuer is not a URL, which the start warns of, too', async () => {
    const { warnings, read } = await start({ JWT_ISSUER: 'my-service' });
    expect(await read(PATH)).toBe('my-service');
    expect(await read(`${PATH}/my-service`)).toBe(404);
    expect(warnings).toEqual([expect.stringContaining('JWT_ISSUER is not a URL')]);
  });
});
