import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { mailsTo, outboxIsEmpty } from '../../support/app/mails.js';
import { asSuperuser } from '../../support/app/as-superuser.js';
import { PASSWORD } from '../../support/app/accounts.js';
import { bundled } from '../../support/packages/bundled.js';
import { failure, ObservedClients, problem } from '../../support/packages/observed-clients.js';

const run = promisify(execFile);

describe('@portcullis/client, where something goes wrong', () => {
  const service = new ObservedClients();
  const { answers, client, expire, passTenSeconds, reasons, signedIn } = service;
  beforeAll(service.start);
  afterAll(service.stop);
  beforeEach(service.reset);

  it.each<[string, (answer: Response, abort: AbortController) => Response]>([
    [
      'the connection',
      () => {
        throw new TypeError('fetch failed');
      },
    ],
    ['a proxy', () => new Response('<h1>Bad gateway</h1>', { status: 502 })],
    ['a portal', () => new Response('<h1>Welcome</h1>', { headers: { 'content-type': 'text/html' } })],
    [
      'the caller',
      (_answer, abort) => {
        abort.abort();
        throw abort.signal.reason as Error;
      },
    ],
  ])('keeps the session where %s loses the answer of a step-up', async (_what, lose) => {
    const abort = new AbortController();
    const kept: (boolean | undefined)[] = [];
    const one = await signedIn({
      fetch: async (url, init) => {
        const answer = await fetch(url, init);
        if (!(url as string).endsWith('/auth/step-up')) return answer;
        kept.push(init?.keepalive);
        return lose(answer, abort);
      },
    });
    await passTenSeconds();
    await failure(
      one.request('POST', '/auth/step-up', { body: { password: PASSWORD }, signal: abort.signal }),
    );
    await expire();
    expect(await one.me()).toMatchObject({ roles: ['user'] });
    expect([reasons, kept]).toEqual([[], [true]]);
    expect(
      await asSuperuser(service.app.database, `SELECT 1 FROM audit_events WHERE type = 'authn_token_reuse'`),
    ).toEqual([]);
  });

  it.each([undefined, new AbortController().signal])(
    'waits for the answer of a step-up no longer than a refresh can repeat it, with the signal %o',
    async (signal) => {
      const tooLate = new AbortController();
      const one = await signedIn({
        fetch: async (url, init) => {
          const answer = await fetch(url, init);
          if (!(url as string).endsWith('/auth/step-up')) return answer;
          tooLate.abort(new DOMException('It is too late.', 'TimeoutError'));
          init?.signal?.throwIfAborted();
          return answer;
        },
      });
      await passTenSeconds();
      const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValueOnce(tooLate.signal);
      onTestFinished(() => timeout.mockRestore());
      const call = one.request('POST', '/auth/step-up', { body: { password: PASSWORD }, signal });
      expect(await failure(call)).toMatchObject({ name: 'TimeoutError' });
      const [[stepUpMs], [refreshMs]] = timeout.mock.calls as [[number], [number]];
      expect(stepUpMs + refreshMs).toBeLessThanOrEqual(10_000);
      await expire();
      expect(await one.me()).toMatchObject({ roles: ['user'] });
      expect(reasons).toEqual([]);
    },
  );

  it('asks for a recent proof where the access token had expired, too', async () => {
    let asked = 0;
    const one = await signedIn({
      onStepUp: async () => {
        asked += 1;
        await one.stepUp({ password: PASSWORD });
        return true;
      },
    });
    const { id } = await one.me();
    await expire();
    expect(await one.request('GET', '/users/me/export')).toMatchObject({ profile: { id } });
    expect(asked).toBe(1);
  });

  describe('asks for a recent proof', () => {
    const insufficient = (...methods: string[]) =>
      problem(401, 'insufficient_user_authentication', {}, { methods });
    const asking = async () => {
      const asked: string[] = [];
      const one = await signedIn({
        onStepUp: ({ methods }) => {
          asked.push(methods.join());
          return true;
        },
      });
      return { one, asked };
    };

    it('once for a request, and then throws the same refusal', async () => {
      const { one, asked } = await asking();
      const refusal = () => insufficient('passkey', 'totp');
      answers.push(refusal, refusal);
      expect(await failure(one.me())).toMatchObject({ code: 'insufficient_user_authentication' });
      expect(asked).toEqual(['passkey,totp']);
    });

    it('and throws the refusal of a passkey with which the session cannot prove itself', async () => {
      const one = await signedIn({ onStepUp: () => one.passkeys.stepUp().then(() => true) });
      answers.push(
        () => insufficient('passkey'),
        () => insufficient('password'),
      );
      expect(await failure(one.me())).toMatchObject({ methods: ['password'] });
    });

    it('by one method after the other, where a session needs two', async () => {
      const { one, asked } = await asking();
      answers.push(
        () => insufficient('password'),
        () => insufficient('totp'),
      );
      expect(await one.me()).toMatchObject({ roles: ['user'] });
      expect(asked).toEqual(['password', 'totp']);
    });

    it('by one method after the other, and then throws a refusal that repeats one', async () => {
      const { one, asked } = await asking();
      answers.push(
        () => insufficient('password'),
        () => insufficient('totp'),
        () => insufficient('password'),
      );
      expect(await failure(one.me())).toMatchObject({ methods: ['password'] });
      expect(asked).toEqual(['password', 'totp']);
    });
  });

  it('throws what the service answers to a refresh of nobody', async () => {
    const one = client();
    expect(await failure(one.refresh())).toMatchObject({ status: 401, code: 'unauthenticated' });
    expect(reasons).toEqual([]);
  });

  it('ends no session where a proxy answers a refresh with 401', async () => {
    const one = await signedIn();
    answers.push(
      () => problem(401, 'invalid_token'),
      () => new Response('<h1>Unauthorized</h1>', { status: 401 }),
    );
    expect(await failure(one.me())).toMatchObject({ status: 401, code: 'unknown' });
    expect([reasons, await one.isSignedIn()]).toEqual([[], true]);
    await one.me();
  });

  it('lets a program keep the token of its device over two clients', async () => {
    const one = await signedIn();
    const { email } = await one.me();
    const credentials = { email, password: PASSWORD };
    const { deviceToken } = await one.login(credentials);
    await client().login({ ...credentials, deviceToken });
    await client().login(credentials);
    await outboxIsEmpty(service.app);
    expect(await mailsTo(service.app, email, 'new_device')).toHaveLength(1);
  });

  it('passes the token of a device with a passkey, alone and as a second factor', async () => {
    const noBytes = new ArrayBuffer(0);
    const response = { clientDataJSON: noBytes, authenticatorData: noBytes, signature: noBytes };
    const credential = { id: 'AA', type: 'public-key', response, getClientExtensionResults: () => ({}) };
    vi.stubGlobal('navigator', { credentials: { get: () => Promise.resolve(credential) } });
    onTestFinished(() => void vi.unstubAllGlobals());
    const bodies: unknown[] = [];
    const one = client({
      fetch: (url, init) => {
        bodies.push(JSON.parse(init!.body as string));
        return Promise.resolve(
          (url as string).endsWith('/options')
            ? Response.json({ challenge: 'of the ceremony', options: { challenge: 'AA' } })
            : problem(401, 'invalid_credentials'),
        );
      },
    });
    await failure(one.passkeys.signIn({ deviceToken: 'kept' }));
    await failure(one.passkeys.signIn({ challenge: 'of the login', deviceToken: 'kept' }));
    await failure(one.passkeys.signIn());
    const proof = { challenge: 'of the ceremony', tokenTransport: 'body' };
    expect(bodies).toMatchObject([
      {},
      { ...proof, deviceToken: 'kept' },
      { challenge: 'of the login' },
      { ...proof, method: 'passkey', deviceToken: 'kept' },
      {},
      proof,
    ]);
    expect(bodies.at(-1)).not.toHaveProperty('deviceToken');
  });

  it.each([
    ['without channels between tabs', 'delete globalThis.BroadcastChannel;'],
    ['with channels that could keep its process alive', ''],
  ])('can be used in a simulated page %s', async (_what, prepare) => {
    const program = await bundled(`
      import { createClient } from '@portcullis/client';
      globalThis.location = { origin: 'http://localhost' };
      ${prepare}
      const client = createClient({ baseUrl: 'http://localhost:1', transport: 'cookie' });
      console.log(await client.isSignedIn());`);
    const args = ['--input-type=module', '--eval', program];
    expect(await run(process.execPath, args, { timeout: 20_000 })).toEqual({ stdout: 'false\n', stderr: '' });
  });
});
