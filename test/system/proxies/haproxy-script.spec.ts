import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { IDENTITY_HEADERS } from '../../../src/gateway/identity-headers.js';
import { GATEWAY_PROGRAMS, startGateway } from '../../support/gateway/gateway-proxy.js';
import { sendRaw } from '../../support/gateway/raw-request.js';
import { type RecordingApplication, startApplication } from '../../support/gateway/recording-application.js';
import type { ProxyServer } from '../../support/servers/proxy-server.js';

const HAPROXY = GATEWAY_PROGRAMS.find(({ name }) => name === 'haproxy')!;

/** HAProxy goes on to the next rule after an error in a script. */
describe.skipIf(!HAPROXY.isInstalled && !process.env['CI'])('an application behind haproxy', () => {
  /** Stands for Portcullis, and admits every request. */
  let admitting: Server;
  let application: RecordingApplication;
  let proxy: ProxyServer;

  beforeAll(async () => {
    admitting = createServer((_request, response) => {
      response.writeHead(200, Object.fromEntries(IDENTITY_HEADERS.map((name) => [name, '']))).end();
    }).listen(0, '127.0.0.1');
    [application] = await Promise.all([startApplication(), once(admitting, 'listening')]);
  });
  afterAll(async () => {
    admitting.close();
    await application.stop();
  });
  beforeEach(() => {
    application.reached.length = 0;
  });
  afterEach(() => proxy.stop());

  /** Sends a request through the shipped files, with an error before a line of the script. */
  async function sendWithErrorAt(line: string | null) {
    const { port } = admitting.address() as AddressInfo;
    const alter = (shipped: string) =>
      line === null ? shipped : shipped.replace(line, `error("fails")\n${line}`);
    proxy = await startGateway(HAPROXY, { portcullis: port, application: application.port, alter });
    return sendRaw(proxy.url, { lines: ['Cookie: access_token=secret; own=1'] });
  }

  it('is reached by a request that the script lets through', async () => {
    expect((await sendWithErrorAt(null)).status).toBe(200);
    expect(application.reached).toHaveLength(1);
  });

  it.each([
    ['when the script begins', '  local headers = txn.http:req_get_headers()'],
    ['before the tokens are removed', '  remove_tokens(txn, headers)'],
    ['while the tokens are removed', '    local kept = {}'],
  ])('is not reached if an error occurs %s', async (_when, line) => {
    const answer = await sendWithErrorAt(line);
    expect(answer.status).toBe(503);
    expect(answer.fields).toMatchObject({
      'content-type': ['application/problem+json'],
      'retry-after': ['5'],
      'cache-control': ['no-store'],
    });
    expect(JSON.parse(answer.body)).toEqual({
      type: 'about:blank',
      title: 'Service Unavailable',
      status: 503,
    });
    expect(application.reached).toEqual([]);
  });
});
