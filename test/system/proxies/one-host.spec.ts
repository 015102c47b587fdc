import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createVerifier } from '../../../packages/verify/src/index.js';
import { createPerson } from '../../support/app/people.js';
import { startApp, type TestApp } from '../../support/app/test-app.js';
import {
  NGINX,
  type ProxyProgram,
  type ProxyServer,
  startProxy,
} from '../../support/servers/proxy-server.js';
import { eventually } from '../../support/time/eventually.js';

const ISSUER = 'https://app.example.com';

/** nginx with the shipped file, in which only the addresses and TLS are replaced. */
const shipped = (applicationPort: number): ProxyProgram => ({
  ...NGINX,
  configuration: (port, servicePort) =>
    readFileSync('deploy/proxy/nginx-one-host.conf', 'utf8')
      .replace(/server \{\s+listen 80;.*?\n {4}\}/s, '')
      .replace(/^ *ssl_.*\n/gm, '')
      .replace('listen 443 ssl http2;', `listen 127.0.0.1:${port};`)
      .replace('127.0.0.1:3000', `127.0.0.1:${servicePort}`)
      .replace('127.0.0.1:9000', `127.0.0.1:${applicationPort}`),
  parameters: (file, folder) => ['-p', folder, '-c', file, '-g', 'daemon off; master_process off;'],
});

/** The paths that docs/integration.md tells operators to forward. */
function documentedPaths(): string[] {
  const document = readFileSync('docs/integration.md', 'utf8');
  const [, list] = /The paths are\n(.*?);/s.exec(document)!;
  return [...list!.matchAll(/`(\/[^`]+)`/g)].map(([, path]) => path!);
}

describe.skipIf(!NGINX.isInstalled && !process.env['CI'])('deploy/proxy/nginx-one-host.conf', () => {
  let app: TestApp;
  let application: Server;
  let proxy: ProxyServer;

  beforeAll(async () => {
    const variables = { PUBLIC_URL: ISSUER, COOKIE_SECURE: 'true', TRUSTED_PROXIES: '127.0.0.1/32' };
    app = await startApp({ listen: true, variables });
    application = createServer((_request, response) => response.end('application')).listen(0, '127.0.0.1');
    await once(application, 'listening');
    const { port } = application.address() as AddressInfo;
    proxy = await startProxy(shipped(port), Number(new URL(app.url).port));
  });
  afterAll(async () => {
    await proxy.stop();
    application.close();
    await app.close();
  });

  const isForwarded = async (path: string) =>
    (await fetch(`${proxy.url}${path}`)).headers.get('x-request-id') !== null;

  it('forwards the paths that docs/integration.md lists to Portcullis, and nothing else', async () => {
    const paths = documentedPaths();
    expect(paths).toContain('/.well-known/jwks.json');
    for (const path of paths) expect([path, await isForwarded(path)]).toEqual([path, true]);
    for (const path of ['/auth/login', '/users/me', '/oauth/introspect', '/account/reset'])
      expect([path, await isForwarded(path)]).toEqual([path, true]);
    for (const path of [
      '/',
      '/authors',
      '/docs',
      '/admin/users',
      '/metrics',
      '/.well-known/acme-challenge/x',
    ])
      expect([path, await isForwarded(path)]).toEqual([path, false]);
  });

  it('lets @portcullis/verify read the keys and follow the revocations', async () => {
    const admin = await createPerson(app, { roles: ['admin'] });
    const { accessToken, session } = await createPerson(app);
    const verifier = createVerifier({
      issuer: ISSUER,
      audience: 'portcullis',
      url: proxy.url,
      revocations: { key: admin.accessToken },
    });
    onTestFinished(() => verifier.close());
    expect(await verifier.verify(accessToken)).toMatchObject({ sessionId: session.id });
    await app.call({ method: 'POST', url: '/auth/logout', token: accessToken });
    await eventually(() =>
      expect(verifier.verify(accessToken)).rejects.toMatchObject({ code: 'session_ended' }),
    );
  });
});
