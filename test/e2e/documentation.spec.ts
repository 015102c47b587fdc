import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { exchange } from '../support/app/raw-exchange.js';
import { startApp, type TestApp } from '../support/app/test-app.js';

it('if the documentation is off, the type of a problem still leads to its description', async () => {
  const app = await startApp({ variables: { DOCS_ENABLED: 'false' } });
  onTestFinished(() => app.close());
  const { type } = (await app.call({ url: '/users/me' })).json<{ type: string }>();
  const page = await app.call({ url: type.split('#')[0]! });
  expect(page.statusCode).toBe(200);
  expect(page.body).toContain(`id="${type.split('#')[1]}"`);
  for (const url of ['/docs', '/openapi.json', '/docs/passkey', '/docs/passkey/assets/passkey.js'])
    expect((await app.call({ url })).statusCode).toBe(404);
});

it('the document is served as JSON only, which is composed once: YAML would be composed for each request', async () => {
  const app = await startApp();
  onTestFinished(() => app.close());
  expect((await app.call({ url: '/openapi.json' })).statusCode).toBe(200);
  for (const url of ['/docs/openapi.yaml', '/docs-yaml', '/docs-json'])
    expect([url, (await app.call({ url })).statusCode]).toEqual([url, 404]);
});

interface Described {
  readonly servers: { readonly url: string }[];
  readonly info: { readonly description: string };
}

describe.each([
  ['a host of its own', 'https://auth.example.org', ''],
  ['a path', 'https://example.org/auth', '/auth'],
  ['a path that ends with a slash', 'https://example.org/eu/auth/', '/eu/auth'],
])('behind a proxy, with %s', (_what, publicUrl, prefix) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ listen: true, variables: { PUBLIC_URL: publicUrl } });
  });
  afterAll(() => app.close());

  /** The response for a URL below PUBLIC_URL, whose path the proxy removes. */
  const fetched = (reference: string, page: string) => {
    const url = new URL(reference, `${publicUrl.replace(/\/$/, '')}${page}`);
    expect(url.href.startsWith(publicUrl)).toBe(true);
    return app.call({ url: url.pathname.slice(prefix.length) });
  };

  it('the type of every problem leads to its description', async () => {
    for (const url of ['/users/me', '/nowhere', '/%zz']) {
      const { type } = (await app.call({ url })).json<{ type: string }>();
      expect((await fetched(type, url)).body).toContain(`id="${type.split('#')[1]}"`);
    }
    const [unreadable] = await exchange(app.url, 'GET / HTTP/1.1\r\na b\r\n\r\n');
    const { type } = JSON.parse(unreadable!.body) as { type: string };
    expect((await fetched(type, '/')).statusCode).toBe(200);
  });

  it('the document contains the public URL, and its links lead there', async () => {
    const { servers, info } = (await app.call({ url: '/openapi.json' })).json<Described>();
    expect(servers).toEqual([{ url: publicUrl.replace(/\/$/, '') }]);
    const links = [...info.description.matchAll(/\]\((\/[^)]*)\)/g)].map(([, link]) => link!);
    expect(links).toHaveLength(3);
    for (const link of links) expect((await fetched(link, '/docs')).statusCode).toBe(200);
  });

  it('the page finds its files and its icon, and sends requests to the host that served it', async () => {
    const page = await app.call({ url: '/docs' });
    const asked = await app.call({ url: '/docs?docExpansion=none' });
    expect(asked.headers['content-security-policy']).toContain("script-src 'self'");
    expect(asked.headers['content-security-policy']).toBe(page.headers['content-security-policy']);
    const parts = [...page.body.matchAll(/(?:src|href)=["']([^"']+)["']/g)].map(([, part]) => part!);
    expect(parts.length).toBeGreaterThan(3);
    for (const part of parts) expect([part, (await fetched(part, '/docs')).statusCode]).toEqual([part, 200]);
    expect(page.body).toMatch(/rel=["']icon["']/);
    const script = await app.call({ url: '/docs/swagger-ui-init.js' });
    expect(script.body).toMatch(new RegExp(`"servers": \\[\\s*\\{\\s*"url": "${prefix || '/'}"`));
    const index = await app.call({ url: '/docs/index.html' });
    expect(index.headers.location).toBe(`${prefix}/docs`);
    const icon = await app.call({ url: '/favicon.ico' });
    expect((await fetched(icon.headers.location!, '/favicon.ico')).headers['content-type']).toBe('image/png');
  });
});
