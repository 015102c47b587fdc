import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../../support/app/test-app.js';
import { HAPROXY, NGINX, type ProxyServer, startProxy } from '../../support/servers/proxy-server.js';

const LIMIT = 3;

for (const program of [NGINX, HAPROXY]) {
  describe.skipIf(!program.isInstalled && !process.env['CI'])(`a service behind ${program.name}`, () => {
    let app: TestApp;
    let proxy: ProxyServer;

    beforeAll(async () => {
      app = await startApp({
        listen: true,
        variables: { RATE_LIMIT_DEFAULT: `${LIMIT}/60`, TRUSTED_PROXIES: '127.0.0.1/32' },
      });
      proxy = await startProxy(program, Number(new URL(app.url).port));
    });
    afterAll(async () => {
      await proxy.stop();
      await app.close();
    });

    /** The whole of 127.0.0.0/8 is loopback, so that one machine has many clients. */
    async function statusFor(localAddress: string, headers: Record<string, string> = {}): Promise<number> {
      const request = httpRequest(`${proxy.url}/rate-limits`, { localAddress, headers, agent: false }).end();
      const [answer] = (await once(request, 'response')) as [IncomingMessage];
      answer.resume();
      return answer.statusCode!;
    }

    it('counts the clients of the proxy separately', async () => {
      for (let request = 0; request < LIMIT; request++) expect(await statusFor('127.0.0.11')).toBe(200);
      expect(await statusFor('127.0.0.11')).toBe(429);
      expect(await statusFor('127.0.0.12')).toBe(200);
    });

    it('identifies a client correctly regardless of the forwarding fields that it sends', async () => {
      for (let request = 0; request < LIMIT; request++) await statusFor('127.0.0.13');
      for (const forged of ['203.0.113.9', '127.0.0.1', '203.0.113.9, 127.0.0.1', 'unknown', ',,,']) {
        expect(await statusFor('127.0.0.13', { 'x-forwarded-for': forged })).toBe(429);
      }
      expect(
        await statusFor('127.0.0.13', { forwarded: 'for=203.0.113.9', 'x-real-ip': '203.0.113.9' }),
      ).toBe(429);
    });
  });
}
