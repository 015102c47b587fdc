import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nativeTypeErrors } from '../../support/packages/native-type-errors.js';
import { bundled } from '../../support/packages/bundled.js';
import { type PackageName, PACKAGES } from '../../support/packages/built.js';
import { installPacked, type Packed } from '../../support/packages/packed.js';
import { installStranger } from '../../support/packages/stranger.js';
import { typeErrors } from '../../support/packages/type-errors.js';

const TIMEOUT_MS = 240_000;

/** What may be in a bundle for login, refresh, me and logout, bytes after gzip. */
const MOST_BYTES = 10_240;

/** The oldest compiler that the packages support and the newest, both of which the stranger has installed. */
const COMPILERS = {
  '5.9': { name: 'typescript', check: typeErrors },
  '7': { name: 'typescript-7', check: nativeTypeErrors },
} as const;

/** What the programs below import, beside the packages. */
const DEPENDENCIES = [
  'jose',
  'express',
  'fastify',
  'hono',
  '@nestjs/common',
  '@types/node',
  '@types/express',
  'vitest',
  '@playwright/test',
  'playwright-core',
];

/** A program that uses the types of each package. */
const PROGRAMS: Readonly<Record<PackageName, string>> = {
  client: `
import { type Client, createClient, isProblem, type SignedIn } from '@portcullis/client';

const client = createClient({ baseUrl: 'https://auth.example.com', transport: 'body' });
const signedIn: SignedIn<'body'> = await client.login({ email: 'ada@example.com', password: 'x' });
const token: string = signedIn.accessToken;
const { items } = await client.request('GET', '/audit/events', { query: { limit: 10 } });
const types: string[] = items.map(({ type }) => type);
const nothing: undefined = await client.request('DELETE', '/users/me/sessions/{id}', { params: { id: 'x' } });
for await (const { data } of await client.request('GET', '/audit/stream')) types.push(data);
try {
  await client.me();
} catch (error) {
  if (isProblem(error, 'rate_limited')) types.push(String(error.retryAfterSeconds), token, String(nothing));
}
const cookies: Client<'cookie'> = createClient({ baseUrl: '', transport: 'cookie', onFactor: ({ token: challenge }) =>
  cookies.loginFactor({ challenge, method: 'totp', code: '1' }) });
// @ts-expect-error the path has a parameter
await client.request('DELETE', '/users/me/sessions/{id}');
// @ts-expect-error there is no such route
await client.request('GET', '/nowhere');
// @ts-expect-error the tokens of the cookie transport are in no body
(await cookies.refresh()).accessToken;
`,
  verify: `
import { createVerifier, VerificationError, type Verified } from '@portcullis/verify';
import { authenticate as forExpress } from '@portcullis/verify/express';
import { authenticate as forFastify } from '@portcullis/verify/fastify';
import { authenticate as forHono } from '@portcullis/verify/hono';
import { authenticate as forNest } from '@portcullis/verify/nestjs';
import express from 'express';
import { fastify } from 'fastify';
import { Hono } from 'hono';
import { UseGuards } from '@nestjs/common';

const verifier = createVerifier({
  issuer: 'https://auth.example.com',
  audience: 'portcullis',
  revocations: { key: 'ptc_s_x', whenStale: 'ask' },
});
const caller: Verified | null = await verifier.verify('x').catch((error: unknown) => {
  if (error instanceof VerificationError && error.code === 'session_ended') return null;
  throw error;
});
express().get('/', forExpress(verifier, { roles: ['admin'] }), ({ auth }, response) => {
  response.json([auth?.subject, caller?.claims.exp]);
});
fastify().get('/', { onRequest: forFastify(verifier) }, ({ auth }) => auth?.sessionId);
new Hono().get('/', forHono(verifier, { scopes: ['orders:read'] }), (c) => c.json(c.get('auth').scopes));
UseGuards(forNest(verifier, { acr: 'aal2' }));
// @ts-expect-error there is no such role
forNest(verifier, { roles: ['root'] });
`,
  testing: `
import { authenticator, type Portcullis, start, type TestUser } from '@portcullis/testing';
import { test as inPlaywright } from '@portcullis/testing/playwright';
import { test as inVitest } from '@portcullis/testing/vitest';
import { createVerifier } from '@portcullis/verify';
import { chromium } from 'playwright-core';

const portcullis: Portcullis = await start({ limits: 'off', env: { REGISTRATION: 'invitation' } });
const [ada, ...others]: TestUser[] = await portcullis.users({ roles: ['admin'], totp: true });
const [bob] = await portcullis.users();
const { cookies, accessToken } = await portcullis.session(bob, { acr: 'aal2', age: '20m' });
const later: Date = await portcullis.clock({ advance: '31m' });
const [mail] = await portcullis.mail({ to: bob.user.email });
others.push(...(mail.kind === 'password_reset' ? [ada!] : []));
createVerifier({ issuer: portcullis.url, audience: 'portcullis', now: portcullis.now });
const context = await (await chromium.launch()).newContext();
await context.addCookies(cookies);
const { verifyUser } = await authenticator(await context.newPage());
await verifyUser(later > new Date(accessToken));
inVitest('works', async ({ portcullis }) => portcullis.reset());
inPlaywright('works', async ({ page, portcullis }) => {
  const passkeys = await authenticator(page);
  inPlaywright.expect(await passkeys.count()).toBe((await portcullis.mail({ waitSeconds: 0 })).length);
});
// @ts-expect-error there is no such role
await portcullis.users({ roles: ['root'] });
// @ts-expect-error nothing is waited for
(await portcullis.mail({ waitSeconds: 0 }))[0].kind;
`,
};

/** What the programs of the manuals use of the application around them. */
const ASSUMED = `
declare const client: import('@portcullis/client').Client<'cookie'>;
declare const email: string, password: string;
declare function ask(what: string): Promise<string>;
declare function show(errors: unknown): void;
declare function ordersOf(subject: string): unknown;
declare const remove: import('express').RequestHandler;
`;

/** A program for the oldest version of Hono. */
const ON_HONO = `
import { createVerifier } from '@portcullis/verify';
import { authenticate } from '@portcullis/verify/hono';
import { Hono } from 'hono';

const verifier = createVerifier({ issuer: 'https://auth.example.com', audience: 'portcullis' });
const app = new Hono();
app.use('/orders', authenticate(verifier));
app.get('/', authenticate(verifier, { roles: ['admin'] }), (c) => c.text(c.get('auth').subject));
`;

/** The blocks of TypeScript in a document. */
function programsOf(document: string): string[] {
  return [...document.matchAll(/```ts\n(.*?)```/gs)].map(([, program]) => program!);
}

/** Writes a configuration for all programs in a folder, with the checks that `tsc --init` turns on. */
async function configIn(folder: string, name: string, resolution: object): Promise<string> {
  const compilerOptions = {
    ...resolution,
    target: 'es2022',
    lib: ['es2022', 'dom', 'dom.iterable', 'dom.asynciterable'],
    types: [],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    isolatedModules: true,
    verbatimModuleSyntax: true,
    moduleDetection: 'force',
    skipLibCheck: false,
    noEmit: true,
  };
  await writeFile(join(folder, name), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
  return join(folder, name);
}

describe('The packages', { timeout: TIMEOUT_MS }, () => {
  let folder: string;
  let packed: Readonly<Record<PackageName, Packed>>;
  /** The programs of docs/integration.md, which use the packages. */
  let documented: string[];
  /** Those of the packages' own manuals. */
  let manuals: string[];
  beforeAll(async () => {
    folder = await installStranger();
    const entries = await Promise.all(
      PACKAGES.map(async (name) => [name, await installPacked(name, folder)] as const),
    );
    const document = await readFile('docs/integration.md', 'utf8');
    documented = programsOf(document);
    const texts = await Promise.all(
      PACKAGES.map((name) => readFile(join('packages', name, 'README.md'), 'utf8')),
    );
    manuals = texts.flatMap((text) => programsOf(text));
    // What the strangers install themselves.
    for (const name of DEPENDENCIES) {
      const target = join(folder, 'node_modules', name);
      await mkdir(dirname(target), { recursive: true });
      await symlink(resolve('node_modules', name), target);
    }
    packed = Object.fromEntries(entries) as Record<PackageName, Packed>;
  }, TIMEOUT_MS);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(PACKAGES)('%s has its code, types, licence and manual, and nothing else', (name) => {
    const { files, manifest } = packed[name];
    expect(files).toEqual(
      expect.arrayContaining(['LICENSE', 'README.md', 'package.json', 'dist/index.js', 'dist/index.d.ts']),
    );
    expect(
      files.filter((file) => !/^(LICENSE|README\.md|package\.json|dist\/.+\.(js|d\.ts))$/.test(file)),
    ).toEqual([]);
    expect(manifest.license).toBe('MIT');
  });

  it('have the version of the service', async () => {
    const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
    expect(PACKAGES.map((name) => packed[name].manifest.version)).toEqual(PACKAGES.map(() => version));
  });

  it('are small: the client has no dependency, and at most 10 kB for login, refresh, me and logout', async () => {
    const program = `
      import { createClient } from '@portcullis/client';
      const client = createClient({ baseUrl: '', transport: 'cookie' });
      await client.login({ email: '', password: '' });
      await client.refresh();
      await client.me();
      await client.logout();`;
    expect(gzipSync(await bundled(program), { level: 9 }).length).toBeLessThanOrEqual(MOST_BYTES);
    expect([packed.client.manifest.dependencies, packed.client.manifest.peerDependencies]).toEqual([
      undefined,
      undefined,
    ]);
  });

  it('are in the document for those who integrate the service', () => {
    for (const name of PACKAGES)
      expect(documented.filter((program) => program.includes(`'@portcullis/${name}`))).not.toEqual([]);
  });

  it.each<[keyof typeof COMPILERS, string]>([
    ['5.9', 'nodenext'],
    ['5.9', 'bundler'],
    ['7', 'nodenext'],
    ['7', 'bundler'],
  ])(
    'have types for a stranger who compiles with TypeScript %s and the resolution %s',
    async (compiler, moduleResolution) => {
      await Promise.all(PACKAGES.map((name) => writeFile(join(folder, `${name}.ts`), PROGRAMS[name])));
      for (const [n, program] of [...documented, ...manuals].entries())
        await writeFile(join(folder, `documented-${n}.ts`), program);
      await writeFile(join(folder, 'assumed.d.ts'), ASSUMED);
      const config = await configIn(folder, `${compiler}-${moduleResolution}.json`, {
        module: moduleResolution === 'bundler' ? 'esnext' : 'nodenext',
        moduleResolution,
      });
      // Types of other packages are checked by those who publish them; the client uses none but the platform's.
      const isChecked = (file: string) => file.startsWith(folder) && !/\/lib\.|\/typescript/.test(file);
      const { name, check } = COMPILERS[compiler];
      expect(await check(join(folder, 'node_modules', name), config, isChecked)).toEqual([]);
    },
  );

  it('have types for the oldest version of Hono', async () => {
    const project = join(folder, 'on-hono');
    const own = join(project, 'node_modules');
    await cp(join(folder, 'node_modules/@portcullis/verify'), join(own, '@portcullis/verify'), {
      recursive: true,
    });
    await symlink(join(folder, 'node_modules/hono-oldest'), join(own, 'hono'));
    await writeFile(join(project, 'package.json'), '{ "type": "module" }');
    await writeFile(join(project, 'program.ts'), ON_HONO);
    const config = await configIn(project, 'tsconfig.json', { module: 'nodenext' });
    const isChecked = (file: string) => file.startsWith(project) && !file.includes('/hono/');
    expect(typeErrors(join(folder, 'node_modules/typescript'), config, isChecked)).toEqual([]);
  });
});
