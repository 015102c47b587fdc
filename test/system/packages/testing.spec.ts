import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lacksChromium, PROGRAM } from '../../support/browser/chromium.js';
import { freePort } from '../../support/network/free-port.js';
import { installPacked } from '../../support/packages/packed.js';

const run = promisify(execFile);
const TIMEOUT_MS = 120_000;

/** What the strangers install themselves. */
const DEPENDENCIES = ['jose', 'vitest', '@playwright/test', 'playwright', 'playwright-core'];

const VITEST_SUITE = `
import { createVerifier } from '@portcullis/verify';
import { test } from '@portcullis/testing/vitest';
import { expect } from 'vitest';

const signIn = (portcullis, email, password) =>
  fetch(portcullis.url + '/auth/login', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password, tokenTransport: 'body' }),
  });

test('makes users who can sign in', async ({ portcullis }) => {
  const users = await portcullis.users({ count: 3 });
  expect(new Set(users.map(({ user }) => user.email)).size).toBe(3);
  expect((await signIn(portcullis, users[0].user.email, users[0].password)).status).toBe(200);
  await expect(portcullis.users({ email: users[0].user.email })).rejects.toThrow('409');
});

test('makes sessions whose tokens expire with the clock, for the service and for the verifier', async ({ portcullis }) => {
  const { url: issuer, now } = portcullis;
  const verifier = createVerifier({ issuer, audience: 'portcullis', now, revocations: { key: portcullis.adminKey } });
  const [ada] = await portcullis.users({ totp: true });
  const { accessToken } = await portcullis.session(ada, { age: '20m' });
  const me = () => fetch(issuer + '/users/me', { headers: { authorization: 'Bearer ' + accessToken } });
  expect((await verifier.verify(accessToken)).acr).toBe('aal2');
  expect((await me()).status).toBe(200);
  expect((await portcullis.clock({ advance: '31m' })).getTime()).toBeGreaterThan(Date.now() + 30 * 60_000);
  await expect(verifier.verify(accessToken)).rejects.toMatchObject({ code: 'invalid_token' });
  expect((await me()).status).toBe(401);
  await portcullis.clock();
  expect(Math.abs(now() - Date.now())).toBeLessThan(1000);
  verifier.close();
});

test('has the mails', async ({ portcullis }) => {
  const [{ user }] = await portcullis.users();
  await fetch(portcullis.url + '/auth/password/forgot', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: user.email }),
  });
  const [mail] = await portcullis.mail({ to: user.email });
  expect(mail.token).toMatch(/./);
  await expect(portcullis.mail({ to: user.email, after: mail.id, waitSeconds: 1 })).rejects.toThrow(
    'no mail to ' + user.email + ' after ' + mail.id + ' within 1 s',
  );
});

test('forgets everything at a reset', async ({ portcullis }) => {
  const [{ user, password }] = await portcullis.users();
  await portcullis.clock({ advance: '1d' });
  await portcullis.reset();
  expect((await signIn(portcullis, user.email, password)).status).toBe(401);
  expect(await portcullis.mail({ waitSeconds: 0 })).toEqual([]);
  expect(Math.abs(portcullis.now() - Date.now())).toBeLessThan(1000);
});
`;

const PLAYWRIGHT_SUITE = `
import { expect } from '@playwright/test';
import { authenticator, test } from '@portcullis/testing/playwright';

const addPasskey = \`(async () => {
  const send = async (path, body) => (await fetch(path, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })).json();
  const { challenge, options } = await send('/users/me/factors/passkeys/options', {});
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  const response = (await navigator.credentials.create({ publicKey })).toJSON();
  return (await send('/users/me/factors/passkeys', { challenge, name: 'Laptop', response })).factor.type;
})()\`;

test('signs a browser in, which adds a passkey', async ({ page, context, portcullis }) => {
  const [ada] = await portcullis.users();
  await context.addCookies((await portcullis.session(ada)).cookies);
  const passkeys = await authenticator(page);
  await page.goto(portcullis.url + '/docs/errors');
  expect(await page.evaluate(addPasskey)).toBe('passkey');
  expect(await passkeys.count()).toBe(1);
  await passkeys.remove();
});
`;

/** More that the recipe must do than it shows; `test`, `base` and `expect` are its own. */
const RECIPES_OTHER_TESTS = `
test('sees the account, and nobody in the browser of somebody else', async ({ page, browser }) => {
  await page.goto('/account');
  await expect(page.getByRole('heading')).toHaveText(/^Account of .+@example\\.test$/);
  const other = await (await browser.newContext({ storageState: undefined })).newPage();
  await other.goto('/account');
  await expect(other.getByRole('heading')).toHaveText('Sign in');
});

base('has no entry without an origin, and that of another base URL', async ({ portcullis }) => {
  const [{ user }] = await portcullis.users();
  const { cookies, storageState } = await portcullis.session(user);
  expect(storageState).toEqual({ cookies, origins: [] });
  const wanted = { origin: 'http://localhost:1/account', baseUrl: '/portcullis/' };
  const { origins } = (await portcullis.session(user, wanted)).storageState;
  expect(origins).toMatchObject([{ origin: 'http://localhost:1', localStorage: [{ name: 'portcullis:/portcullis' }] }]);
});
`;

const LAUNCH_OPTIONS = `{ executablePath: ${JSON.stringify(PROGRAM)}, args: ['--no-sandbox', '--disable-gpu'] }`;

const PLAYWRIGHT_CONFIG = `
export default {
  testMatch: 'suite.pw.mjs',
  reporter: 'line',
  use: { launchOptions: ${LAUNCH_OPTIONS} },
};
`;

/** The page of the recipe, by the built client. Its server gets the URL of the service as a development server does. */
const PAGE_SERVER = `
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const client = dirname(fileURLToPath(import.meta.resolve('@portcullis/client')));
const PAGE = \`<!doctype html><link rel="icon" href="data:,"><h1></h1><button hidden>Add a passkey</button>
<script type="module">
  import { createClient } from '/client/index.js';
  const client = createClient({ baseUrl: '\${process.env.VITE_PORTCULLIS_URL}', transport: 'cookie' });
  const [title, button] = document.querySelectorAll('h1, button');
  const isSignedIn = await client.isSignedIn();
  title.textContent = isSignedIn ? 'Account of ' + (await client.me()).email : 'Sign in';
  button.hidden = !isSignedIn;
  button.addEventListener('click', () => client.passkeys.add({ name: 'Laptop' }));
</script>\`;
createServer(async ({ url }, response) => {
  const isScript = url.startsWith('/client/');
  response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
  response.end(isScript ? await readFile(join(client, url.slice('/client/'.length))) : PAGE);
}).listen(process.env.PAGE_PORT, '127.0.0.1');
`;

/** Starts a service and does not stop it. */
const FORGETFUL = `
import { start } from '@portcullis/testing';
const { url } = await start();
console.log(url);
`;

const FAILING = `
import { start } from '@portcullis/testing';
await start({ env: { NODE_ENV: 'production' } }).catch(({ message }) => console.log(message));
`;

const IGNORED_VARIABLES = `
import { start } from '@portcullis/testing';
const env = { COOKIE_SAME_SITE: 'lax', TZ: 'UTC', REGISTRATION: 'invitation', HOME: process.env.HOME };
await start({ env }).catch(({ message }) => console.log(message));
`;

/** The blocks of TypeScript in the manual. */
async function programsOfManual(): Promise<string[]> {
  const manual = await readFile('packages/testing/README.md', 'utf8');
  return [...manual.matchAll(/```ts\n(.*?)```/gs)].map(([, program]) => program!);
}

describe('@portcullis/testing, installed by a stranger', { timeout: TIMEOUT_MS }, () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'portcullis-suites-'));
    await installPacked('testing', folder);
    await installPacked('verify', folder);
    await installPacked('client', folder);
    for (const name of DEPENDENCIES) {
      const target = join(folder, 'node_modules', name);
      await mkdir(dirname(target), { recursive: true });
      await symlink(resolve('node_modules', name), target);
    }
    await symlink(resolve('.'), join(folder, 'node_modules', 'portcullis'));
    // The first one has nothing that JavaScript has not.
    const [example = '', recipesConfig = '', recipe = ''] = await programsOfManual();
    const [pagePort, port] = [await freePort(), await freePort()];
    const ofThisMachine = (text: string) =>
      text
        .replaceAll('5173', String(pagePort))
        .replaceAll('4999', String(port))
        .replace('npm run dev', `PAGE_PORT=${pagePort} node ../page-server.mjs`)
        .replace('use: {', `use: { launchOptions: ${LAUNCH_OPTIONS},`);
    await mkdir(join(folder, 'recipe'));
    const files = {
      'package.json': '{ "type": "module" }',
      'suite.test.mjs': VITEST_SUITE,
      'suite.pw.mjs': PLAYWRIGHT_SUITE,
      'playwright.config.mjs': PLAYWRIGHT_CONFIG,
      'forgetful.mjs': FORGETFUL,
      'failing.mjs': FAILING,
      'ignored.mjs': IGNORED_VARIABLES,
      'manual.mjs': `${example}\nconsole.log(mail.kind);`,
      'page-server.mjs': PAGE_SERVER,
      'recipe/playwright.config.ts': ofThisMachine(recipesConfig),
      'recipe/account.spec.ts': `${ofThisMachine(recipe)}\n${RECIPES_OTHER_TESTS}`,
    };
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  }, TIMEOUT_MS);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** Runs a program there; the database in the environment is one that the service must not see. */
  const running = async (...words: string[]) => {
    const { HOME, PATH, TMPDIR } = process.env;
    const env = { HOME, PATH, TMPDIR, DATABASE_URL: 'postgres://127.0.0.1:1/stranger' };
    const { stdout } = await run(process.execPath, words, { cwd: folder, env }).catch(
      (error: { stdout: string; stderr: string }) => ({ stdout: error.stdout + error.stderr }),
    );
    return stdout;
  };

  it('gives its fixture to a suite of Vitest', async () => {
    expect(
      await running('node_modules/vitest/vitest.mjs', 'run', 'suite.test.mjs', '--testTimeout=30000'),
    ).toMatch(/Tests .*4 passed/);
  });

  it.skipIf(lacksChromium)(
    'gives its fixture to a suite of Playwright, and a page an authenticator',
    async () => {
      expect(await running('node_modules/@playwright/test/cli.js', 'test')).toContain('1 passed');
    },
  );

  it.skipIf(lacksChromium)('signs in a page that uses the client, by the recipe of its manual', async () => {
    expect(
      await running('node_modules/@playwright/test/cli.js', 'test', '--config=recipe', '--reporter=line'),
    ).toContain('3 passed');
  });

  it('holds up no process that does not stop it, and ends with it', async () => {
    const url = (await running('forgetful.mjs')).trim();
    expect(url).toMatch(/^http:\/\/localhost:\d+$/);
    await expect
      .poll(
        () =>
          fetch(url).then(
            () => 'there',
            () => 'gone',
          ),
        { timeout: 6000 },
      )
      .toBe('gone');
  });

  it('runs the example of its manual', async () => {
    expect(await running('manual.mjs')).toBe('password_reset\n');
  });

  it('does not start with a variable that the service would ignore', async () => {
    expect(await running('ignored.mjs')).toBe(
      'portcullis ended with 78 before it was ready:\nCOOKIE_SAME_SITE is not read by a throwaway service\n\n',
    );
  });

  it('says why the service did not start', async () => {
    expect(await running('failing.mjs')).toMatch(/ended with 78 [^]*NODE_ENV/);
  });
});
