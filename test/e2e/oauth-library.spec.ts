import * as oauth from 'oauth4webapi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPerson } from '../support/app/people.js';
import { type Machine, ServiceAccountsOf } from '../support/app/service-accounts.js';
import { startApp, startBeside, type TestApp } from '../support/app/test-app.js';
import { freePort } from '../support/network/free-port.js';

/** The service of a test speaks http. */
const INSECURE = { [oauth.allowInsecureRequests]: true };

describe('a client that uses oauth4webapi', () => {
  let app: TestApp;
  let there: TestApp;
  let server: oauth.AuthorizationServer;
  let machine: Machine;
  let client: oauth.Client;
  beforeAll(async () => {
    const variables = { PORT: String(await freePort()) };
    const url = `http://127.0.0.1:${variables.PORT}`;
    app = await startApp({ variables: { ...variables, PUBLIC_URL: url, JWT_ALGORITHM: 'RS256' } });
    await app.app.listen(Number(variables.PORT), '127.0.0.1');
    there = await startBeside(app, { variables: { PUBLIC_URL: url, JWT_ALGORITHM: 'RS256' } });
    const accounts = await ServiceAccountsOf.of(app);
    machine = await accounts.create('audit:read', 'orders:read', 'tokens:introspect', 'tokens:revoke');
    client = { client_id: machine.id };
    const issuer = new URL(url);
    const response = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...INSECURE });
    server = await oauth.processDiscoveryResponse(issuer, response);
  });
  afterAll(async () => {
    await there.close();
    await app.close();
  });

  const proofs = () => [oauth.ClientSecretBasic(machine.key), oauth.ClientSecretPost(machine.key)];
  const getToken = async (proof: oauth.ClientAuth, parameters: Record<string, string> = {}) => {
    const response = await oauth.clientCredentialsGrantRequest(server, client, proof, parameters, INSECURE);
    return oauth.processClientCredentialsResponse(server, client, response);
  };
  const introspect = async (proof: oauth.ClientAuth, token: string) => {
    const response = await oauth.introspectionRequest(server, client, proof, token, INSECURE);
    return oauth.processIntrospectionResponse(server, client, response);
  };
  const revoke = async (proof: oauth.ClientAuth, token: string) =>
    oauth.processRevocationResponse(await oauth.revocationRequest(server, client, proof, token, INSECURE));

  it('gets a token, is described, and revokes it, with either proof', async () => {
    for (const proof of proofs()) {
      const { access_token, token_type, expires_in, scope } = await getToken(proof, { scope: 'audit:read' });
      expect([token_type, expires_in, scope]).toEqual(['bearer', 900, 'audit:read']);
      const described = await introspect(proof, access_token);
      expect(described).toMatchObject({ active: true, client_id: machine.id, scope: 'audit:read' });
      const seals = await oauth.protectedResourceRequest(
        access_token,
        'GET',
        new URL(`${server.issuer}/audit/seals`),
        undefined,
        undefined,
        INSECURE,
      );
      expect(seals.status).toBe(200);
      await revoke(proof, access_token);
      expect(await introspect(proof, access_token)).toEqual({ active: false });
      for (const one of [app, there])
        await expect
          .poll(async () => (await one.call({ url: '/audit/seals', token: access_token })).statusCode, {
            timeout: 1000,
            interval: 30,
          })
          .toBe(401);
    }
  });

  it('has a token that resource servers verify by RFC 9068', async () => {
    const { access_token } = await getToken(proofs()[0]!);
    const request = new Request('https://api.example.com/orders', {
      headers: { authorization: `Bearer ${access_token}` },
    });
    const claims = await oauth.validateJwtAccessToken(server, request, 'portcullis', INSECURE);
    expect(claims).toMatchObject({ sub: machine.id, client_id: machine.id, key: machine.keyId });
  });

  it('asks about the token of a person, and ends its session', async () => {
    const proof = proofs()[0]!;
    const { accessToken, session, user } = await createPerson(app);
    expect(await introspect(proof, accessToken)).toMatchObject({
      active: true,
      sub: user.id,
      sid: session.id,
    });
    await revoke(proof, accessToken);
    expect(await introspect(proof, accessToken)).toEqual({ active: false });
  });

  it('is told its errors in the form that the library knows', async () => {
    const refused = await getToken(proofs()[0]!, { scope: 'users:write' }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(oauth.ResponseBodyError);
    expect(refused).toMatchObject({ error: 'invalid_scope', status: 400 });
    const wrong = oauth.ClientSecretBasic('ptc_s_wrong');
    const unknown = await getToken(wrong).catch((error: unknown) => error);
    expect(unknown).toBeInstanceOf(oauth.WWWAuthenticateChallengeError);
    expect(unknown).toMatchObject({ status: 401, cause: [{ scheme: 'basic' }] });
    const { issuer } = server;
    expect(server.scopes_supported).toContain('tokens:introspect');
    expect(issuer).toBe(app.environment.PUBLIC_URL);
  });
});
