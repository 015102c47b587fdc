import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lacksChromium, startChromium } from '../../support/browser/chromium.js';
import { type EphemeralProcess, startEphemeral } from '../../support/ephemeral/ephemeral-process.js';

const TIMEOUT_MS = 240_000;

/** The ways in which a page can send a request: as a script with JSON, as one without a preflight, and as a form. */
const SENDERS = {
  'a fetch with JSON': `fetch(target, { method: 'POST', headers: { 'content-type': 'application/json' }, body }).then(({ status }) => status, String)`,
  'a fetch without a preflight': `fetch(target, { method: 'POST', mode: 'no-cors', body }).then(({ status }) => status, String)`,
  'a beacon': `Promise.resolve(navigator.sendBeacon(target, new Blob([body], { type: 'text/plain' })))`,
} as const;

describe.skipIf(lacksChromium)('A page in a browser beside start:ephemeral', { timeout: TIMEOUT_MS }, () => {
  let service: EphemeralProcess;
  let url: string;
  let attacker: Server;
  let browser: Browser;
  beforeAll(async () => {
    service = await startEphemeral({ env: { LOG_LEVEL: 'warn' } });
    ({ url } = await service.ready);
    attacker = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html');
      response.end('<!doctype html><link rel="icon" href="data:,"><title>Another site</title>');
    });
    await once(attacker.listen(0, '127.0.0.1'), 'listening');
    // Both names are this machine's: the first as another site has one, the second as after DNS rebinding.
    browser = await startChromium([
      '--host-resolver-rules=MAP evil.test 127.0.0.1, MAP rebound.test 127.0.0.1',
    ]);
  }, TIMEOUT_MS);
  afterAll(async () => {
    await browser.close();
    attacker.close();
    service.child.kill('SIGTERM');
    await service.ended;
    await rm(service.temporary, { recursive: true });
  });

  /** Whether somebody has this address. */
  async function exists(email: string): Promise<boolean> {
    const answer = await fetch(`${url}/test/users`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email }),
    });
    return answer.status === 409;
  }

  async function send(page: string, target: string, email: string, sender: string): Promise<unknown> {
    const tab = await browser.newPage();
    await tab.goto(page);
    const body = JSON.stringify(JSON.stringify({ email }));
    const result = await tab.evaluate(
      `(() => { const target = ${JSON.stringify(target)}; const body = ${body}; return ${sender}; })()`,
    );
    await tab.close();
    return result;
  }

  it.each(Object.keys(SENDERS) as (keyof typeof SENDERS)[])(
    'of another origin makes nobody, by %s',
    async (name) => {
      const email = `${name.replaceAll(' ', '-').toLowerCase()}@example.test`;
      const { port } = attacker.address() as AddressInfo;
      await send(`http://evil.test:${port}/`, `${url}/test/users`, email, SENDERS[name]);
      expect(await exists(email)).toBe(false);
    },
  );

  it('whose name was rebound makes nobody', async () => {
    const { port } = new URL(url);
    const page = `http://rebound.test:${port}/docs/errors`;
    const status = await send(page, '/test/users', 'rebound@example.test', SENDERS['a fetch with JSON']);
    expect(status).toBe(403);
    expect(await exists('rebound@example.test')).toBe(false);
  });

  it('of this machine makes somebody', async () => {
    const { port } = attacker.address() as AddressInfo;
    const page = `http://localhost:${port}/`;
    const status = await send(page, `${url}/test/users`, 'local@example.test', SENDERS['a fetch with JSON']);
    expect(status).toBe(201);
    expect(await exists('local@example.test')).toBe(true);
  });
});
