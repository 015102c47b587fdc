import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PASSWORD, register } from '../../support/app/accounts.js';
import { asSuperuser } from '../../support/app/as-superuser.js';
import { codeOf } from '../../support/app/factors.js';
import { startApp, type TestApp } from '../../support/app/test-app.js';
import { lacksChromium, startChromium } from '../../support/browser/chromium.js';
import { documentedProgram } from '../../support/browser/documented-program.js';
import { type RoundRobin, startRoundRobin } from '../../support/browser/round-robin.js';
import { freePort } from '../../support/network/free-port.js';
import { ManualClock } from '../../support/time/manual-clock.js';

/** `answers` is what the user will type, and `asked` what they were asked. */
const HTML = `<!doctype html><title>Page</title><link rel="icon" href="data:,">
<script type="module">
import * as session from '/session.js'; import * as factors from '/factors.js';
Object.assign(window, { session, factors, asked: [], answers: [] });
window.ask = async (question, problem) => {
  asked.push([question.methods ?? question, problem?.code ?? null]);
  const answer = answers.shift() ?? null;
  return answer === null ? null : { method: 'totp', code: answer === 'right' ? await nextCode() : answer };
};
</script>`;

describe.skipIf(lacksChromium)('the second factors of docs/integration.md in Chromium', () => {
  const clock = new ManualClock(Date.now());
  let app: TestApp;
  let host: RoundRobin;
  let browser: Awaited<ReturnType<typeof startChromium>>;
  let url: string;
  beforeAll(async () => {
    const port = await freePort();
    url = `http://localhost:${port}`;
    app = await startApp({ clock, listen: true, variables: { PUBLIC_URL: url } });
    const session = await documentedProgram(1, { "'https://auth.example.com'": "''" });
    const factors = await documentedProgram(2, { './session.js': '/session.js' });
    host = await startRoundRobin(port, [app.url], {
      '/page': { type: 'text/html', body: HTML },
      '/session.js': { type: 'text/javascript', body: session },
      '/factors.js': { type: 'text/javascript', body: factors },
    });
    browser = await startChromium();
  });
  afterAll(async () => {
    await browser.close();
    await host.stop();
    await app.close();
  });

  let person: BrowserContext;
  let page: Page;
  let credentials: string;
  let secret: string;
  let id: string;
  let recoveryCodes: string[];
  beforeEach(async () => {
    person = await browser.newContext();
    page = await person.newPage();
    await page.exposeFunction('nextCode', () => {
      clock.advance(30_000);
      return codeOf(secret, clock.nowMs());
    });
    await page.goto(`${url}/page`);
    await page.waitForFunction('window.factors !== undefined');
    const email = await register(app);
    await asSuperuser(app.database, 'UPDATE users SET email_verified = true WHERE email = $1', [email]);
    credentials = JSON.stringify({ email, password: PASSWORD });
    await answerOf(`session.logIn(${credentials})`);
    ({ id, secret } = await page.evaluate<{ id: string; secret: string }>(
      `factors.beginApp('Phone').then(async (response) => { const setup = await response.json();
         window.setup = setup; return setup; })`,
    ));
    recoveryCodes = await page.evaluate<string[]>(
      `factors.confirmApp('${id}', '${codeOf(secret, clock.nowMs())}')
         .then(async (response) => (await response.json()).recoveryCodes)`,
    );
  });
  afterEach(() => person.close());

  const answerOf = (expression: string) =>
    page.evaluate<[number, string | null]>(
      `(async () => { const answer = await ${expression};
         return [answer.status, answer.status < 300 ? null : (await answer.clone().json()).code]; })()`,
    );
  /** Like {@link answerOf}, with what the user types when they are asked; returns what they were asked, too. */
  const answering = async (expression: string, ...answers: string[]) => {
    await page.evaluate(`void (asked = [], answers = ${JSON.stringify(answers)})`);
    const answer = await answerOf(expression);
    return { answer, asked: await page.evaluate<unknown[]>('asked') };
  };

  it('show the QR code of an app as an image', async () => {
    const size = await page.evaluate<number>(
      `(async () => { const image = factors.imageOf(setup.qrCode); await image.decode(); return image.naturalWidth; })()`,
    );
    expect([size > 0, recoveryCodes.length]).toEqual([true, 10]);
    expect(await page.evaluate('factors.factors()')).toMatchObject({
      items: [{ id, name: 'Phone' }],
      recoveryCodesLeft: 10,
      recovery: null,
    });
    expect(await answerOf(`factors.renameFactor('${id}', 'Tablet')`)).toEqual([200, null]);
  });

  it('are proven again by a code where a request asks for a recent proof, which is then repeated', async () => {
    clock.advance(11 * 60_000);
    const remove = `factors.removeFactor('${id}', ask)`;
    const stale = await answering(remove);
    expect(stale).toEqual({ answer: [401, 'insufficient_user_authentication'], asked: [[['totp'], null]] });
    expect(await answering(`factors.renewRecoveryCodes(ask)`, '000000', 'right')).toEqual({
      answer: [201, null],
      asked: [
        [['totp'], null],
        [['totp'], 'invalid_code'],
      ],
    });
    // The proof counts for ten minutes.
    clock.advance(9 * 60_000);
    expect(await answering(remove)).toEqual({ answer: [204, null], asked: [] });
  });

  it('complete a login, after a wrong code, too', async () => {
    await answerOf('session.logOut()');
    const methods = ['totp', 'recovery_code'];
    expect(await answering(`factors.logInWithFactor(${credentials}, ask)`, '000000', 'right')).toEqual({
      answer: [200, null],
      asked: [
        [methods, null],
        [methods, 'invalid_code'],
      ],
    });
    expect(await page.evaluate('session.isSignedIn()')).toBe(true);
    await answerOf('session.logOut()');
    const given = await answering(`factors.logInWithFactor(${credentials}, ask)`);
    expect(given).toEqual({ answer: [401, 'factor_required'], asked: [[methods, null]] });
  });

  it('that are lost are recovered from, which any session cancels', async () => {
    const { email, password } = JSON.parse(credentials) as { email: string; password: string };
    expect(await answerOf(`factors.startRecovery('${email}', '${password}')`)).toEqual([202, null]);
    expect(await page.evaluate('factors.factors()')).toMatchObject({
      recovery: { dueAt: expect.any(String) },
    });
    expect(await answerOf('factors.cancelRecovery()')).toEqual([204, null]);
    expect(await page.evaluate('factors.factors()')).toMatchObject({ recovery: null });
    expect(await answerOf(`factors.cancelRecoveryByLink('T')`)).toEqual([400, 'invalid_link']);
    expect(await answerOf(`factors.finishRecovery('T')`)).toEqual([400, 'invalid_link']);
  });
});
