import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { LeakResponse } from '../../src/machines/leaks/leak-response.js';
import { newKey } from '../../src/machines/keys/key-format.js';
import { bodySignature } from '../../src/platform/crypto/body-signature.js';
import { SystemRandomness } from '../../src/platform/crypto/randomness.js';
import type { Tokens } from '../support/app/accounts.js';
import { createPerson } from '../support/app/people.js';
import { createKey, type NewKey } from '../support/app/api-keys.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { mailsTo, mailTo, outboxIsEmpty } from '../support/app/mails.js';
import { startApp, startBeside, type TestApp } from '../support/app/test-app.js';
import { revocationsAfter } from '../support/http/revocation-list.js';
import { describeWithRedis, type RedisServer, startRedis } from '../support/redis/redis-server.js';
import { ManualClock } from '../support/time/manual-clock.js';

const SECRET = 'the secret of a scanner';
const URL_OF_LEAK = 'https://github.com/example/app/blob/main/.env';

interface Alert {
  readonly rule: string;
  readonly severity: string;
  readonly subject: string;
  readonly count: number;
  readonly evidence: Record<string, unknown>;
}

describeWithRedis('POST /secret-scanning', () => {
  const clock = new ManualClock(Date.now());
  let redis: RedisServer;
  let here: TestApp;
  let there: TestApp;
  let admin: Tokens;
  beforeAll(async () => {
    redis = await startRedis();
    const variables = { SECRET_SCANNING_SECRET: SECRET, REDIS_URL: redis.url };
    here = await startApp({ clock, variables, listen: true });
    there = await startBeside(here, { clock, variables });
    admin = await createPerson(here, { roles: ['admin'] });
    await prove(admin.user.email);
  });
  afterAll(async () => {
    await there.close();
    await here.close();
    await redis.stop();
  });

  const prove = (email: string) =>
    asSuperuser(here.database, 'UPDATE users SET email_verified = true WHERE email = $1', [email]);
  const now = () => Math.floor(clock.nowMs() / 1000);
  const send = (body: unknown, { app = here, at = now(), secret = SECRET, signature = '' } = {}) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return app.call({
      url: '/secret-scanning',
      body: text,
      headers: { 'portcullis-signature': signature || bodySignature(secret, at, text) },
    });
  };
  const report = async (...reports: object[]) => {
    const answer = await send(reports);
    expect([answer.statusCode, answer.body]).toEqual([202, '']);
  };
  const statusOf = async (key: string, app = here) =>
    (await app.call({ url: '/audit/seals', token: key })).statusCode;
  const alerts = async () =>
    (await here.call({ url: '/alerts?rule=leaked_key', token: admin.accessToken })).json<{ items: Alert[] }>()
      .items;
  const eventsOf = (keyId: string) =>
    asSuperuser<{ type: string; reason: string | null; user_id: string | null; address: string | null }>(
      here.database,
      `SELECT * FROM audit_events WHERE details->>'keyId' = $1 ORDER BY position`,
      [keyId],
    );

  it('revokes a key everywhere within a second, tells its owner, and raises a critical alert with the place', async () => {
    const owner = await createPerson(here, { roles: ['auditor'] });
    await prove(owner.user.email);
    const { id, key, hint } = await createKey(here, owner, { name: 'Nightly' });
    const other = await createKey(here, owner);
    for (const app of [here, there]) expect(await statusOf(key, app)).toBe(200);
    const { cursor } = await revocationsAfter(here, admin.accessToken);
    await report(
      { token: key, type: 'portcullis_api_key', url: URL_OF_LEAK, source: 'content' },
      { token: key, type: 'portcullis_api_key', url: '', source: 'commit' },
    );
    for (const app of [here, there])
      await expect.poll(() => statusOf(key, app), { timeout: 1000, interval: 30 }).toBe(401);
    expect(await statusOf(other.key)).toBe(200);
    const events = await eventsOf(id);
    expect(events.map(({ type, reason }) => [type, reason])).toEqual(
      expect.arrayContaining([
        ['api_key_revoked', 'leaked'],
        ['api_key_leaked', null],
      ]),
    );
    // The reporter is not the owner, whose trail it is.
    const reported = events.filter(({ type }) => /^api_key_(revoked|leaked)$/.test(type));
    expect(reported.map(({ user_id: userId, address }) => [userId, address])).toEqual([
      [owner.user.id, null],
      [owner.user.id, null],
    ]);
    const { items } = await revocationsAfter(here, admin.accessToken, cursor);
    expect(items).toMatchObject([{ keyId: id, subject: owner.user.id, reason: 'key_leaked' }]);
    await outboxIsEmpty(here);
    const mails = await mailsTo(here, owner.user.email, 'api_key_leaked');
    expect(mails).toHaveLength(1);
    expect(mails[0]!.text).toContain(URL_OF_LEAK);
    expect(mails[0]!.text).toContain('Nightly');
    expect(mails[0]!.text).toContain(hint);
    expect(await mailsTo(here, admin.user.email, 'api_key_leaked')).toEqual([]);
    const raised = (await alerts()).filter(({ subject }) => subject === `key:${id}`);
    expect(raised).toMatchObject([
      {
        severity: 'critical',
        count: 1,
        evidence: { urls: [URL_OF_LEAK], sources: ['content', 'commit'], userIds: [owner.user.id] },
      },
    ]);
    // Once is enough.
    await report({ token: key, url: 'https://example.org/again' });
    await outboxIsEmpty(here);
    expect(await mailsTo(here, owner.user.email, 'api_key_leaked')).toHaveLength(1);
    expect((await alerts()).find(({ subject }) => subject === `key:${id}`)).toMatchObject({ count: 1 });
    for (const text of [JSON.stringify(mails), JSON.stringify(await alerts()), JSON.stringify(events)])
      expect(text).not.toContain(key.slice(11));
  });

  it('tells every administrator of a key of a service account', async () => {
    const second = await createPerson(here, { roles: ['admin'], verified: true });
    const account = await here.call({
      url: '/admin/service-accounts',
      token: admin.accessToken,
      body: { name: 'Billing', scopes: ['audit:read'] },
    });
    const accountId = account.json<{ id: string }>().id;
    const made = await here.call({
      url: `/admin/service-accounts/${accountId}/api-keys`,
      token: admin.accessToken,
      body: { name: 'Job', scopes: ['audit:read'] },
    });
    const { id, key } = made.json<NewKey>();
    await report({ token: key, url: URL_OF_LEAK });
    await expect.poll(() => statusOf(key)).toBe(401);
    await outboxIsEmpty(here);
    for (const { email } of [admin.user, second.user])
      expect(await mailsTo(here, email, 'api_key_leaked')).toHaveLength(1);
    const { text } = await mailTo(here, second.user.email, 'api_key_leaked');
    expect(text).toMatch(/^Service account: Billing\nName: +Job$/m);
    expect((await alerts()).find(({ subject }) => subject === `key:${id}`)?.evidence).toMatchObject({
      userIds: [],
      serviceAccountId: accountId,
    });
  });

  it('is told once, however many reports of one key come at once to two instances', async () => {
    const owner = await createPerson(here);
    const { id, key } = await createKey(here, owner);
    const body = [{ token: key, url: URL_OF_LEAK }];
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, n) => send(body, { app: n % 2 === 0 ? here : there })),
    );
    expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([202]));
    const types = (await eventsOf(id)).map(({ type }) => type);
    expect(types.filter((type) => type === 'api_key_leaked')).toHaveLength(1);
    await outboxIsEmpty(here);
    const mails = await mailsTo(here, owner.user.email, 'api_key_leaked');
    expect(mails).toHaveLength(1);
    // Anybody can register another's address, and have a key found wherever they like.
    expect(mails[0]!.text).not.toContain(URL_OF_LEAK);
  });

  it('revokes the keys of disabled accounts, which would otherwise wake with them', async () => {
    const owner = await createPerson(here, { roles: ['auditor'] });
    const { id, key } = await createKey(here, owner);
    await asSuperuser(here.database, 'UPDATE users SET disabled_at = now() WHERE id = $1', [owner.user.id]);
    await report({ token: key, url: '' });
    await asSuperuser(here.database, 'UPDATE users SET disabled_at = NULL WHERE id = $1', [owner.user.id]);
    expect(await statusOf(key, there)).toBe(401);
    expect((await eventsOf(id)).map(({ reason }) => reason)).toContain('leaked');
  });

  it('revokes every key of a report, whatever the places of the others are', async () => {
    const owner = await createPerson(here, { roles: ['auditor'] });
    const places = [
      'https://example.org/\0',
      'https://example.org/\ud800',
      `https://example.org/${'x'.repeat(4000)}`,
    ];
    const keys: NewKey[] = [];
    for (let n = 0; n <= places.length; n += 1) keys.push(await createKey(here, owner));
    await report(
      ...keys.map(({ key }, n) => ({
        token: key,
        url: places[n] ?? URL_OF_LEAK,
        source: `\0${'y'.repeat(200)}`,
      })),
    );
    for (const { key } of keys) expect(await statusOf(key, there)).toBe(401);
    const raised = await alerts();
    const evidenceOf = ({ id }: NewKey) => raised.find(({ subject }) => subject === `key:${id}`)!.evidence;
    expect(keys.map((key) => evidenceOf(key)['urls'])).toEqual([
      ['https://example.org/\ufffd'],
      ['https://example.org/\ufffd'],
      [`https://example.org/${'x'.repeat(2028)}`],
      [URL_OF_LEAK],
    ]);
    expect(evidenceOf(keys[0]!)['sources']).toEqual([`\ufffd${'y'.repeat(99)}`]);
  });

  it('revokes every key of a report, however long the texts beside it are', async () => {
    const owner = await createPerson(here, { roles: ['auditor'] });
    const { key } = await createKey(here, owner);
    const url = `https://example.org/${'x'.repeat(9000)}`;
    await report(
      { token: 'x'.repeat(20_000), url, type: 'y'.repeat(20_000), source: 'z'.repeat(20_000) },
      ...Array.from({ length: 98 }, () => ({ token: `${key}${key}`, url })),
      { token: key, url },
    );
    expect(await statusOf(key, there)).toBe(401);
  });

  it('refuses more than 1 MiB', async () => {
    const answer = await send([{ token: '', url: 'x'.repeat(1024 * 1024) }]);
    expect([answer.statusCode, answer.json().code]).toEqual([413, 'payload_too_large']);
  });

  describe('while large bodies arrive', () => {
    const large = [{ token: '', url: 'x'.repeat(100_000) }];
    const head = `POST /secret-scanning HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n`;
    /** Sends the beginning of bodies from an address, and no more until the test is finished. */
    const begin = (localAddress: string, count: number, bytes: number) => {
      const port = Number(new URL(here.url).port);
      for (let n = 0; n < count; n += 1) {
        const socket = connect({ port, host: '127.0.0.1', localAddress }).on('error', () => undefined);
        socket.write(`${head}${'x'.repeat(bytes)}`);
        onTestFinished(() => void socket.destroy());
      }
    };
    const codeOf = async () => {
      const answer = await send(large);
      return answer.statusCode === 202 ? '202' : answer.json<{ code: string }>().code;
    };

    it('holds sixteen at most, and goes on to read small ones', async () => {
      for (const address of ['127.0.0.2', '127.0.0.3', '127.0.0.4', '127.0.0.5']) begin(address, 4, 70_000);
      await expect.poll(codeOf).toBe('overloaded');
      await report({ token: '', url: '' });
    });

    it('holds four of one network at most, and none of connections that only announce one', async () => {
      await expect.poll(codeOf).toBe('202');
      begin('127.0.0.2', 40, 70_000);
      for (const address of ['127.0.0.3', '127.0.0.4', '127.0.0.5']) begin(address, 10, 60_000);
      for (let n = 0; n < 10; n += 1) expect(await codeOf()).toBe('202');
    });
  });

  it('goes on to the next key of a report when one cannot be revoked, and fails so that the report is sent again', async () => {
    const owner = await createPerson(here, { roles: ['auditor'] });
    const [first, second] = [await createKey(here, owner), await createKey(here, owner)];
    const body = [first, second].map(({ key }) => ({ token: key, url: URL_OF_LEAK }));
    const response = here.app.get(LeakResponse, { strict: false });
    vi.spyOn(response, 'respond').mockRejectedValueOnce(new Error('killed'));
    expect((await send(body)).statusCode).toBe(500);
    expect([await statusOf(first.key), await statusOf(second.key)]).toEqual([200, 401]);
    await report(...body);
    expect(await statusOf(first.key)).toBe(401);
  });

  it('answers alike whatever the texts are, and passes over what is no key of ours', async () => {
    const before = await alerts();
    const unknown = newKey('user', new SystemRandomness());
    await report(
      ...Array.from({ length: 97 }, () => ({
        token: unknown,
        url: URL_OF_LEAK,
        type: 'portcullis_api_key',
        source: 'content',
      })),
      { token: '', url: '' },
      { token: `${unknown}0`, url: 'not an address' },
      { token: 'x'.repeat(1000), url: 'y'.repeat(2048), type: null, source: null },
    );
    expect(await alerts()).toEqual(before);
  });

  it.each([
    ['no list', {}, '#'],
    ['an empty list', [], '#'],
    ['more than a hundred', Array.from({ length: 101 }, () => ({ token: '', url: '' })), '#'],
    ['a list of texts', ['ptc_u_'], '#/0'],
    ['nothing', null, '#'],
    ['a report without a place', [{ token: '' }], '#/0/url'],
    [
      'an unknown member in the second',
      [
        { token: '', url: '' },
        { token: '', url: '', more: 1 },
      ],
      '#/1/more',
    ],
    ['a list in a list', [[]], '#/0'],
    ['a member of every object', [{ token: '', url: '', constructor: 1 }], '#/0/constructor'],
    ['a number', [{ token: 7, url: '' }], '#/0/token'],
  ])('refuses %s that is signed', async (_, body, pointer) => {
    const answer = await send(body);
    expect(answer.statusCode).toBe(400);
    expect(answer.json<{ errors: { pointer: string }[] }>().errors.map((fault) => fault.pointer)).toEqual([
      pointer,
    ]);
  });

  it('refuses and records what is not signed, signed by somebody else, of another body, or old', async () => {
    const { id, key } = await createKey(here, await createPerson(here));
    const body = [{ token: key, url: URL_OF_LEAK }];
    const unsigned = () => here.call({ url: '/secret-scanning', body });
    for (const [attempt, reason] of [
      [unsigned, 'missing'],
      [() => send(body, { secret: 'the secret of another' }), 'bad_signature'],
      [() => send(body, { signature: bodySignature(SECRET, now(), '[]') }), 'bad_signature'],
      [() => send(body, { signature: 'nonsense' }), 'bad_signature'],
      [() => send(body, { at: now() - 301 }), 'expired'],
      [() => send(body, { at: now() + 301 }), 'expired'],
      [() => send({ not: 'valid' }, { secret: 'the secret of another' }), 'bad_signature'],
      [() => send('[', { secret: 'the secret of another' }), 'bad_signature'],
    ] as const) {
      const answer = await attempt();
      expect(answer.statusCode).toBe(401);
      const { code, requestId } = answer.json<{ code: string; requestId: string }>();
      expect(code).toBe(reason === 'missing' ? 'unauthenticated' : 'invalid_token');
      await expect
        .poll(() =>
          asSuperuser(here.database, 'SELECT type, reason, details FROM audit_events WHERE request_id = $1', [
            requestId,
          ]),
        )
        .toMatchObject([
          { type: 'authn_token_invalid', reason, details: { forged: reason === 'bad_signature' } },
        ]);
    }
    expect((await eventsOf(id)).map(({ type }) => type)).toEqual(['api_key_created']);
    expect((await send(body, { at: now() - 299 })).statusCode).toBe(202);
  });

  it('does not exist without the secret', async () => {
    const without = await startBeside(here, { variables: { REDIS_URL: redis.url } });
    const body = [{ token: newKey('user', new SystemRandomness()), url: '' }];
    expect((await send(body, { app: without })).statusCode).toBe(404);
    expect((await without.call({ url: '/secret-scanning', body })).statusCode).toBe(404);
    await without.close();
  });

  it('leaves nothing about a deleted owner in the alert', async () => {
    const owner = await createPerson(here);
    const { id, key } = await createKey(here, owner);
    await report({ token: key, url: URL_OF_LEAK });
    expect(
      (await here.call({ method: 'DELETE', url: '/users/me', token: owner.accessToken })).statusCode,
    ).toBe(204);
    await expect
      .poll(async () => JSON.stringify((await alerts()).filter(({ subject }) => subject.includes(id))), {
        timeout: 20_000,
      })
      .not.toContain(URL_OF_LEAK);
  });
});
