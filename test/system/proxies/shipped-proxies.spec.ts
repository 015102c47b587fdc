import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPerson } from '../../support/app/people.js';
import { startApp, type TestApp } from '../../support/app/test-app.js';
import { GATEWAY_PROGRAMS } from '../../support/gateway/gateway-proxy.js';
import { type Certificate, makeCertificate } from '../../support/network/certificate.js';
import { freePort } from '../../support/network/free-port.js';
import {
  HAPROXY,
  NGINX,
  type ProxyProgram,
  type ProxyServer,
  startProxy,
} from '../../support/servers/proxy-server.js';

const NAME = 'auth.example.com';
const LIMIT = 3;

/** What an operator changes in the files. The second instance is one that has stopped. */
interface Places {
  readonly certificate: Certificate;
  readonly plainPort: number;
  readonly stoppedPort: number;
}

interface ShippedProxy {
  readonly file: string;
  readonly isInstalled: boolean;
  readonly program: (places: Places) => ProxyProgram;
}

const instances = (text: string, servicePort: number, { stoppedPort }: Places) =>
  text
    .replace('127.0.0.1:3000', `127.0.0.1:${stoppedPort}`)
    .replace('127.0.0.1:3001', `127.0.0.1:${servicePort}`);

const CADDY = GATEWAY_PROGRAMS.find(({ name }) => name === 'caddy')!;

const SHIPPED: readonly ShippedProxy[] = [
  {
    file: 'deploy/proxy/nginx.conf',
    isInstalled: NGINX.isInstalled,
    program: (places) => ({
      ...NGINX,
      configuration: (port, servicePort) =>
        instances(readFileSync('deploy/proxy/nginx.conf', 'utf8'), servicePort, places)
          .replace('listen 80;', `listen 127.0.0.1:${places.plainPort};`)
          .replace('listen 443 ', `listen 127.0.0.1:${port} `)
          .replace(`/etc/ssl/${NAME}.pem`, places.certificate.file)
          .replace(`/etc/ssl/${NAME}.key`, places.certificate.keyFile),
      parameters: (file, folder) => ['-p', folder, '-c', file, '-g', 'daemon off; master_process off;'],
    }),
  },
  {
    file: 'deploy/proxy/haproxy.cfg',
    isInstalled: HAPROXY.isInstalled,
    program: (places) => ({
      ...HAPROXY,
      configuration: (port, servicePort) =>
        instances(readFileSync('deploy/proxy/haproxy.cfg', 'utf8'), servicePort, places)
          .replace('bind :80', `bind 127.0.0.1:${places.plainPort}`)
          .replace('bind :443 ', `bind 127.0.0.1:${port} `)
          .replace(`/etc/ssl/${NAME}.pem`, places.certificate.bundleFile),
    }),
  },
  {
    file: 'deploy/proxy/Caddyfile',
    isInstalled: CADDY.isInstalled,
    program: (places) => ({
      ...CADDY,
      configuration: (port, servicePort) => {
        const { file, keyFile } = places.certificate;
        const site = instances(readFileSync('deploy/proxy/Caddyfile', 'utf8'), servicePort, places);
        const ports = `{\n\tadmin off\n\thttp_port ${places.plainPort}\n\thttps_port ${port}\n}\n`;
        return ports + site.replace(`\n${NAME} {`, `\n${NAME} {\n\tbind 127.0.0.1\n\ttls ${file} ${keyFile}`);
      },
      parameters: (file) => ['run', '--adapter', 'caddyfile', '--config', file],
    }),
  },
];

const TESTED = SHIPPED.filter(({ isInstalled }) => isInstalled || process.env['CI']);

describe.each(TESTED)('$file', ({ program }) => {
  let app: TestApp;
  let places: Places;
  let proxy: ProxyServer;

  beforeAll(async () => {
    app = await startApp({
      listen: true,
      variables: {
        PUBLIC_URL: `https://${NAME}`,
        COOKIE_SECURE: 'true',
        TRUSTED_PROXIES: '127.0.0.1/32',
        RATE_LIMIT_DEFAULT: `${LIMIT}/60`,
      },
    });
    places = {
      certificate: await makeCertificate(NAME),
      plainPort: await freePort(),
      stoppedPort: await freePort(),
    };
    proxy = await startProxy(program(places), Number(new URL(app.url).port));
  });
  afterAll(async () => {
    await proxy.stop();
    await places.certificate.remove();
    await app.close();
  });

  /** Verifies the certificate. The whole of 127.0.0.0/8 is loopback, so that one machine has many clients. */
  async function get(
    path: string,
    { from = '127.0.0.1', headers = {} }: { from?: string; headers?: Record<string, string> } = {},
  ): Promise<IncomingMessage> {
    const { port } = new URL(proxy.url);
    const request = httpsRequest({
      host: '127.0.0.1',
      port,
      path,
      headers: { host: NAME, ...headers },
      localAddress: from,
      servername: NAME,
      ca: places.certificate.text,
      agent: false,
    }).end();
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    return answer;
  }
  const statusOf = async (...request: Parameters<typeof get>) => (await get(...request)).resume().statusCode;

  it('has every request answered although one of the instances has stopped', async () => {
    for (let request = 0; request < 6; request++) expect(await statusOf('/health/live')).toBe(200);
  });

  it('identifies clients, whatever they claim to be', async () => {
    const [from, other] = ['127.0.0.21', '127.0.0.22'];
    for (let request = 0; request < LIMIT; request++)
      expect(await statusOf('/rate-limits', { from })).toBe(200);
    for (const claim of ['203.0.113.9', '127.0.0.1', '203.0.113.9, 127.0.0.1'])
      expect(await statusOf('/rate-limits', { from, headers: { 'x-forwarded-for': claim } })).toBe(429);
    expect(await statusOf('/rate-limits', { from: other })).toBe(200);
  });

  it('keeps metrics from clients', async () => {
    expect(await statusOf('/metrics')).toBe(404);
    expect((await get('/metrics')).resume().headers['x-request-id']).toBeUndefined();
    expect((await get('/health/live')).resume().headers['x-request-id']).toBeDefined();
  });

  it('passes streams on as they come', async () => {
    const { accessToken } = await createPerson(app, { roles: ['admin'] });
    const headers = { authorization: `Bearer ${accessToken}`, accept: 'application/x-ndjson' };
    const answer = await get('/revocations', { headers });
    expect(answer.statusCode).toBe(200);
    const [first] = (await once(answer.setEncoding('utf8'), 'data')) as [string];
    answer.destroy();
    // Without a revocation, something is sent every 250 ms.
    expect(first).toMatch(/\n$/);
  });

  it('sends whoever asks in plain HTTP to TLS', async () => {
    const place = {
      host: '127.0.0.1',
      port: places.plainPort,
      path: '/auth/login?x=1',
      headers: { host: NAME },
    };
    const [answer] = (await once(httpRequest(place).end(), 'response')) as [IncomingMessage];
    expect([answer.resume().statusCode, answer.headers.location]).toEqual([
      308,
      `https://${NAME}/auth/login?x=1`,
    ]);
  });
});
