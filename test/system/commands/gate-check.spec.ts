import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gateCheck } from '../../../src/cli/gate-check/gate-check.js';
import { readGateRules } from '../../../src/gateway/rules/gate-rules.js';
import { signUp } from '../../support/app/accounts.js';
import { startApp, type TestApp } from '../../support/app/test-app.js';
import { runHere, runProcess } from '../../support/cli/operator-commands.js';
import { GATEWAY_PROGRAMS, startGateway } from '../../support/gateway/gateway-proxy.js';
import { type RulesFile, writeRules } from '../../support/gateway/rules-file.js';
import { freePort } from '../../support/network/free-port.js';

/** Listens on a free loopback port, and answers one request after the other in these ways, over and over. */
async function startAnswering(answers: readonly { status: number; retryAfter?: string }[]) {
  let count = 0;
  const server = createServer((_request, response) => {
    const { status, retryAfter = '' } = answers[count % answers.length]!;
    count += 1;
    response.writeHead(status, { 'retry-after': retryAfter }).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, stop };
}

const PROGRAMS = GATEWAY_PROGRAMS.filter(({ isInstalled }) => isInstalled || process.env['CI']);

describe('gate:check', () => {
  let rules: RulesFile;
  let app: TestApp;
  let token: string;
  /** An application that shows what it received and changes to h2c, on a port that is also an open gateway. */
  const echo = createServer((request, response) => response.end(JSON.stringify(request.rawHeaders)));
  echo.on('upgrade', ({ headers }, socket) => {
    const status = /h2c/i.test(headers.upgrade!) ? '101 Switching Protocols' : '400 Bad Request';
    socket.on('error', () => undefined).end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`);
  });
  let echoPort: number;

  beforeAll(async () => {
    rules = await writeRules({
      app: { access: 'signed-in', audience: 'app' },
      site: { access: 'anonymous' },
    });
    app = await startApp({
      listen: true,
      variables: { GATEWAY_PEERS: '127.0.0.1', GATEWAY_RULES_FILE: rules.path },
    });
    token = (await signUp(app)).accessToken;
    echo.listen(0, '127.0.0.1');
    await once(echo, 'listening');
    echoPort = (echo.address() as AddressInfo).port;
  });
  afterAll(async () => {
    echo.close();
    echo.closeAllConnections();
    await app.close();
    await rules.remove();
  });

  const subject = async (page: string) => {
    const rule = (await readGateRules({ GATEWAY_RULES_FILE: rules.path, GATEWAY_ORIGINS: [] })).find('app')!;
    return { url: new URL(page), rule, token, cookie: 'access_token' };
  };

  const check = (args: readonly string[]) =>
    runProcess(app, 'scripts/operator.mjs', ['gate:check', ...args], {
      input: `${token}\n`,
      variables: { GATEWAY_RULES_FILE: rules.path },
    });

  it.each(PROGRAMS)('finds that everything holds behind $name', async (program) => {
    const addresses = { portcullis: Number(new URL(app.url).port), application: echoPort };
    const gateway = await startGateway(program, addresses);
    const silent = await startGateway(program, { ...addresses, rule: 'gate-check-silent' });
    const results = await gateCheck({ ...(await subject(gateway.url)), silentUrl: new URL(silent.url) });
    await Promise.all([gateway.stop(), silent.stop()]);
    expect(results.filter(({ held }) => !held)).toEqual([]);
    expect(results).toHaveLength(14);
  });

  it('names the request that passes where there is no gateway, without the token', async () => {
    const { code, stdout, stderr } = await check([
      `http://127.0.0.1:${echoPort}/`,
      '--rule',
      'app',
      '--json',
    ]);
    expect([code, stderr]).toEqual([1, '12 of 13 checks failed.\n']);
    const { results } = JSON.parse(stdout) as {
      results: { what: string; held: boolean; because?: string }[];
    };
    expect(results.filter(({ held }) => held)).toEqual([{ what: 'the token opens the rule', held: true }]);
    expect(results).toContainEqual({
      what: 'nobody passes without a credential',
      held: false,
      because: 'GET / was answered 200',
    });
    expect(results).toContainEqual({
      what: 'no connection changes to another protocol than WebSocket',
      held: false,
      because:
        'GET /, Authorization: Bearer ..., Connection: Upgrade, HTTP2-Settings, HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA, Upgrade: h2c was answered 101',
    });
    expect(stdout).not.toContain(token);
  });

  it.each([302, 400, 403, 405, 421, 429, 500])(
    'holds nothing proven where every request is answered %i',
    async (status) => {
      const server = await startAnswering([{ status }]);
      const results = await gateCheck(await subject(server.url));
      await server.stop();
      expect(results.filter(({ held }) => held)).toEqual([]);
      expect(results[0]).toMatchObject({
        what: 'the token opens the rule',
        because: expect.stringContaining(`was answered ${status}`) as string,
      });
    },
  );

  it('takes a limit that is reached midway for no refusal', async () => {
    const server = await startAnswering([
      { status: 200 },
      ...Array.from({ length: 99 }, () => ({ status: 429 })),
    ]);
    const results = await gateCheck(await subject(server.url));
    await server.stop();
    expect(results.filter(({ held }) => held)).toEqual([{ what: 'the token opens the rule', held: true }]);
  });

  it('waits until a limit allows the request, for three minutes at most', async () => {
    const server = await startAnswering([{ status: 429, retryAfter: '7' }, { status: 200 }]);
    const waits: number[] = [];
    const results = await gateCheck(await subject(server.url), async (ms) => void waits.push(ms));
    await server.stop();
    expect(results[0]).toEqual({ what: 'the token opens the rule', held: true });
    expect(waits).toEqual(Array.from({ length: Math.floor(180 / 7) }, () => 7000));
    expect(results[1]?.because).toMatch(/ was answered 429: a limit was reached$/);
  });

  it('asks a rule that holds ten requests at a time, and refuses an eleventh', async () => {
    const leaving = new AbortController();
    const { signal } = leaving;
    const asked = Array.from({ length: 11 }, () => fetch(`${app.url}/gate/gate-check-silent`, { signal }));
    const refused = await Promise.race(asked);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '10']);
    expect(await refused.json()).toMatchObject({
      type: 'https://iana.org/assignments/http-problem-types#temporary-reduced-capacity',
      code: 'overloaded',
    });
    leaving.abort();
    const outcomes = await Promise.allSettled(asked);
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(10);
  });

  it('ends with 69 if the host is not reached, and with 64 for an unknown rule', async () => {
    const nowhere = `http://127.0.0.1:${await freePort()}/`;
    const unreached = await check([nowhere, '--rule', 'app']);
    expect([unreached.code, unreached.stderr]).toEqual([
      69,
      `${nowhere.slice(0, -1)} was not reached (ECONNREFUSED).\n`,
    ]);
    const unreachedByTls = await check([nowhere.replace('http:', 'https:'), '--rule', 'app']);
    expect(unreachedByTls.stderr).toBe(unreached.stderr.replace('http:', 'https:'));
    const variables = { GATEWAY_RULES_FILE: rules.path };
    expect((await runHere(app, ['gate:check', nowhere, '--rule', 'other'], variables)).code).toBe(64);
    expect((await runHere(app, ['gate:check', 'app.example.org', '--rule', 'app'], variables)).code).toBe(64);
  });
});
