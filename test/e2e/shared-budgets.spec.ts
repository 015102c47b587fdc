import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { declaredRoutes } from '../../src/platform/http/routes/route-walk.js';
import { RoutePolicies } from '../../src/rate-limit/policies/route-policies.js';
import { newAddress, signUpVerified } from '../support/app/accounts.js';
import { startApp, type TestApp } from '../support/app/test-app.js';

const FORGOT = '/auth/password/forgot';
const VERIFICATION = '/auth/email/verification';
const CHANGE = '/users/me/email';

let clients = 0;

/** The header fields of a client whose address no other test uses. */
const newClient = () => ({ 'x-forwarded-for': `198.51.100.${(clients += 1)}` });

describe('a budget that every client shares, since anyone can name the account,', () => {
  let app: TestApp;
  let token: string;
  beforeAll(async () => {
    app = await startApp({
      variables: {
        TRUSTED_PROXIES: '127.0.0.1',
        RATE_LIMIT_DEFAULT: '100/60',
        RATE_LIMIT_ADDRESS: '1000/60',
        RATE_LIMIT_MAIL: '3/3600',
        RATE_LIMIT_MAIL_ADDRESS: '10/3600',
      },
    });
    token = (await signUpVerified(app)).accessToken;
  });
  afterAll(() => app.close());

  it('exists on these routes', () => {
    const inject = <T>(type: new (...args: never[]) => T) => app.app.get<T>(type, { strict: false });
    const policies = inject(RoutePolicies);
    const routes = declaredRoutes(inject(DiscoveryService), inject(MetadataScanner))
      .filter(({ handler, controller }) =>
        policies.of(handler, controller).policies.some(({ name }) => name === 'mail'),
      )
      .map(({ method, path }) => `${method} ${path}`);
    expect(routes.toSorted()).toEqual(
      [FORGOT, VERIFICATION, CHANGE].toSorted().map((path) => `POST ${path}`),
    );
  });

  it.each([
    { url: FORGOT, what: 'not valid', status: 400, bearer: () => undefined, member: true },
    { url: VERIFICATION, what: 'not valid', status: 400, bearer: () => undefined, member: true },
    { url: CHANGE, what: 'not valid', status: 400, bearer: () => token, member: true },
    { url: CHANGE, what: 'made by nobody', status: 401, bearer: () => undefined },
    { url: CHANGE, what: 'made with a bad token', status: 401, bearer: () => 'e30.e30.e30' },
  ])('is not used up on $url by requests that are $what', async ({ url, status, bearer, member }) => {
    const email = newAddress();
    const stranger = newClient();
    for (let n = 1; n <= 4; n += 1) {
      const body = { email, unknownMember: member };
      const refused = await app.call({ url, body, headers: stranger, token: bearer() });
      expect(refused.statusCode).toBe(status);
    }
    const statuses = [];
    for (let n = 1; n <= 4; n += 1)
      statuses.push((await app.call({ url, body: { email }, headers: newClient(), token })).statusCode);
    expect(statuses).toEqual([202, 202, 202, 429]);
  });

  it('leaves the budget of the client itself used, whatever became of the requests', async () => {
    const headers = newClient();
    const statuses = [];
    for (let n = 1; n <= 11; n += 1)
      statuses.push(
        (await app.call({ url: FORGOT, body: { email: newAddress(), unknownMember: true }, headers }))
          .statusCode,
      );
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 400), 429]);
  });

  it.each([FORGOT, VERIFICATION, CHANGE])(
    'is not told on %s: a client cannot read whether another one has asked about the address',
    async (url) => {
      const [asked, notAsked] = [newAddress(), newAddress()];
      const ask = async (email: string) => {
        const { statusCode, headers } = await app.call({ url, body: { email }, headers: newClient(), token });
        return { statusCode, limit: headers['ratelimit'], policies: headers['ratelimit-policy'] };
      };
      for (let n = 1; n <= 2; n += 1) await ask(asked);
      const told = await ask(asked);
      expect(told).toEqual(await ask(notAsked));
      expect(told).toMatchObject({ statusCode: 202, limit: expect.stringMatching(/^"mail-address";r=9;t=/) });
      expect(await ask(asked)).toMatchObject({
        statusCode: 429,
        limit: expect.stringMatching(/^"mail";r=0;t=/),
      });
    },
  );
});
