import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { startPortcullis } from './portcullis.mjs';

/** A page of the application: it shows who is signed in, as Portcullis says. */
const page = (url) => `<!doctype html><title>Account</title><link rel="icon" href="data:,"><h1></h1>
<script type="module">
  const answer = await fetch('${url}/users/me', { credentials: 'include' });
  const text = answer.ok ? (await answer.json()).email : 'Please sign in';
  document.querySelector('h1').textContent = text;
</script>`;

let portcullis;
let server;
let browser;
before(async () => {
  portcullis = await startPortcullis();
  server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(page(portcullis.url));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const installed = ['/usr/bin/chromium', '/usr/bin/chromium-headless-shell', '/usr/bin/google-chrome'].find(
    (path) => existsSync(path),
  );
  browser = await chromium.launch({ executablePath: installed, args: ['--no-sandbox'] });
});
after(async () => {
  await browser?.close();
  server?.close();
  await portcullis?.stop();
});

async function heading(cookies) {
  const context = await browser.newContext();
  await context.addCookies(cookies);
  const tab = await context.newPage();
  await tab.goto(`http://localhost:${server.address().port}/`);
  await tab.waitForFunction(`document.querySelector('h1').textContent !== ''`);
  return tab.textContent('h1');
}

test('shows the account of whoever is signed in', async () => {
  const ada = await portcullis.person({ email: `ada-${Date.now()}@example.test` });
  const { cookies } = await portcullis.session(ada);
  assert.equal(await heading(cookies), ada.user.email);
});

test('asks everybody else to sign in', async () => {
  assert.equal(await heading([]), 'Please sign in');
});
