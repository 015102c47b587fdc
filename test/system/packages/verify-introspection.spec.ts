import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Introspection } from '../../../packages/verify/src/introspection.js';
import { createVerifier } from '../../../packages/verify/src/index.js';
import { newKey } from '../../../src/machines/keys/key-format.js';
import { SystemRandomness } from '../../../src/platform/crypto/randomness.js';
import { eventually } from '../../support/time/eventually.js';

const randomKey = () => newKey('service-account', new SystemRandomness());

/** The first digit of the secret is another one, so the checksum is wrong. */
const mistyped = (key: string) => key.slice(0, 6) + (key[6] === '0' ? '1' : '0') + key.slice(7);

/** A service that is asked about tokens, knows none of them and has a limit of 100. */
async function startService() {
  vi.useFakeTimers({ toFake: ['performance'] });
  const held: ServerResponse[] = [];
  const service = {
    asked: 0,
    left: 100,
    status: 200,
    headers: {} as Record<string, string>,
    isHeld: false,
    /** Answers the questions that it has held back. */
    answer: () => {
      for (const response of held.splice(0)) response.end('{"active":false}');
    },
  };
  const server = createServer((request, response) => {
    if (request.url !== '/oauth/introspect') {
      response.writeHead(503).end();
      return;
    }
    service.asked += 1;
    service.left -= 1;
    response.writeHead(service.status, {
      ratelimit: `"key";r=${service.left};t=20`,
      'ratelimit-policy': '"key";q=100;w=60, "address";q=1000;w=60',
      ...service.headers,
    });
    held.push(response);
    if (!service.isHeld) service.answer();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    vi.useRealTimers();
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const introspection = new Introspection(`${url}/oauth/introspect`, 'key');
  const ask = (token: string) =>
    introspection.ask(token).then(
      (claims) => (claims === null ? 'refused' : 'accepted'),
      ({ code }: { code: string }) => code,
    );
  return { service, url, introspection, ask };
}

describe('the questions of @portcullis/verify', () => {
  it('are asked about texts that can be keys only', async () => {
    const { service, url } = await startService();
    const verifier = createVerifier({
      issuer: url,
      audience: 'portcullis',
      revocations: { key: 'key', whenStale: 'ask' },
    });
    onTestFinished(() => verifier.close());
    const key = randomKey();
    for (const text of ['ptc_', 'ptc_0', key.slice(0, -1), `${key}0`, mistyped(key)])
      await expect(verifier.verify(text)).rejects.toMatchObject({ code: 'invalid_token' });
    expect(service.asked).toBe(0);
    await expect(verifier.verify(key)).rejects.toMatchObject({ code: 'invalid_token' });
    expect(service.asked).toBe(1);
  });

  it('are one for all who ask about the same token at the same time', async () => {
    const { service, ask } = await startService();
    service.isHeld = true;
    const many = Array.from({ length: 16 }, () => ask('token'));
    await eventually(() => expect(service.asked).toBe(1));
    service.answer();
    expect([new Set(await Promise.all(many)), service.asked]).toEqual([new Set(['refused']), 1]);
  });

  it('are not shared by a request that comes half a second later', async () => {
    const { service, ask } = await startService();
    service.isHeld = true;
    const early = ask('token');
    vi.advanceTimersByTime(501);
    const late = ask('token');
    await eventually(() => expect(service.asked).toBe(2));
    service.answer();
    expect([await early, await late]).toEqual(['refused', 'refused']);
  });

  it('are not repeated about a token that was refused within the last second', async () => {
    const { service, ask } = await startService();
    for (const afterMs of [0, 1, 998]) {
      vi.advanceTimersByTime(afterMs);
      expect([await ask('token'), service.asked]).toEqual(['refused', 1]);
    }
    vi.advanceTimersByTime(1);
    expect([await ask('token'), service.asked]).toEqual(['refused', 2]);
  });

  it('leave a quarter of the limit, and go on when the service says that there is more', async () => {
    const { service, ask } = await startService();
    for (let n = 0; n < 75; n += 1) expect(await ask(`token ${n}`)).toBe('refused');
    for (let n = 0; n < 75; n += 1) expect(await ask(`other ${n}`)).toBe('verification_unavailable');
    expect([service.asked, service.left]).toEqual([75, 25]);
    vi.advanceTimersByTime(19_999);
    expect(await ask('token')).toBe('verification_unavailable');
    service.left = 100;
    vi.advanceTimersByTime(1);
    expect([await ask('token'), await ask('another')]).toEqual(['refused', 'refused']);
  });

  it('leave it also when many are asked at once', async () => {
    const { service, ask } = await startService();
    for (let round = 0; round < 3; round += 1)
      await Promise.all(Array.from({ length: 50 }, (_, n) => ask(`token ${round} ${n}`)));
    expect(service.left).toBe(25);
  });

  it.each([429, 503])(
    'pause until Retry-After after an answer %i, whatever it says of limits',
    async (status) => {
      const { service, introspection, ask } = await startService();
      const refusal = {
        code: 'verification_unavailable',
        cause: { message: expect.stringContaining(`status ${status}`) as string },
      };
      service.left = 1;
      Object.assign(service, { status, headers: { 'retry-after': '7' } });
      await expect(introspection.ask('token')).rejects.toMatchObject(refusal);
      Object.assign(service, { status: 200, headers: {}, left: 100 });
      vi.advanceTimersByTime(6999);
      await expect(introspection.ask('token')).rejects.toMatchObject(refusal);
      expect(service.asked).toBe(1);
      vi.advanceTimersByTime(1);
      expect([await ask('token'), service.asked]).toEqual(['refused', 2]);
    },
  );
});
