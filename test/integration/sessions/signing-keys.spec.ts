import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { SystemClock } from '../../../src/platform/clock/clock.js';
import { PlatformErrors } from '../../../src/platform/errors/platform.errors.js';
import { Problem } from '../../../src/platform/errors/problem.js';
import { publicJwkOf } from '../../../src/sessions/keys/key-material.js';
import { KeyRing } from '../../../src/sessions/keys/key-ring.js';
import { KeyRotation } from '../../../src/sessions/keys/key-rotation.js';
import { SigningKeysRepository } from '../../../src/sessions/keys/signing-keys.repository.js';
import { asSuperuser } from '../../support/app/as-superuser.js';
import type { Tokens } from '../../support/app/accounts.js';
import { createPerson } from '../../support/app/people.js';
import { startApp, startBeside, type TestApp } from '../../support/app/test-app.js';
import { ManualClock } from '../../support/time/manual-clock.js';
import { WrongClock } from '../../support/time/wrong-clock.js';

const keysOf = async (app: TestApp) =>
  (await app.call({ url: '/.well-known/jwks.json' })).json<{ keys: { kid: string }[] }>().keys;

/** Inserts a key like an attacker who can insert rows but does not have the master secret. */
async function plant(app: TestApp, changes: Record<string, unknown> = {}): Promise<string> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const publicJwk = publicJwkOf(privateKey, 'ES256');
  const row = { mac: null, sealed_private_key: null, signs_from: '2020-01-01T00:00:00Z', ...changes };
  await asSuperuser(
    app.database,
    `INSERT INTO signing_keys (kid, algorithm, public_jwk, sealed_private_key, created_at, signs_from, mac)
     VALUES ($1, 'ES256', $2, $3, now(), $4, $5)`,
    [publicJwk.kid, publicJwk, row.sealed_private_key, row.signs_from, row.mac],
  );
  return publicJwk.kid;
}

describe('a signing key', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(async () => {
    await app.close();
  });

  const rejections = (kid: string) =>
    asSuperuser(
      app.database,
      `SELECT 1 FROM audit_events WHERE type = 'signing_key_rejected' AND details->>'kid' = $1`,
      [kid],
    );

  const alerts = (kid: string) =>
    asSuperuser(
      app.database,
      `SELECT 1 FROM monitoring_alert WHERE rule = 'forged_signing_key' AND severity = 'critical' AND subject = $1`,
      [`key:${kid}`],
    );

  it.each([
    ['without a code', {}],
    ['with a forged code', { mac: Buffer.alloc(32, 7) }],
    ['with a private key that cannot be decrypted', { sealed_private_key: Buffer.alloc(200, 7) }],
    ['that would sign next', { signs_from: new Date().toISOString() }],
  ])('that an attacker has inserted %s is neither published nor used, and is recorded', async (_, row) => {
    const kid = await plant(app, row);
    const other = await startBeside(app);
    try {
      expect((await keysOf(other)).map((key) => key.kid)).not.toContain(kid);
      await createPerson(other);
      // Once by this instance, and once by the first one if it reads the keys again meanwhile.
      await expect.poll(async () => (await rejections(kid)).length).toBeGreaterThan(0);
      await expect.poll(() => alerts(kid), { timeout: 10_000 }).toHaveLength(1);
      expect((await rejections(kid)).length).toBeLessThanOrEqual(2);
    } finally {
      await other.close();
    }
  });

  it('of the previous version, which wrote no code, is trusted if its private half can be decrypted', async () => {
    const before = await keysOf(app);
    await asSuperuser(
      app.database,
      'UPDATE signing_keys SET mac = NULL WHERE sealed_private_key IS NOT NULL',
    );
    const { accessToken } = await createPerson(app);
    const other = await startBeside(app);
    try {
      expect(await keysOf(other)).toEqual(before);
      expect((await other.call({ url: '/users/me', token: accessToken })).statusCode).toBe(200);
    } finally {
      await other.close();
    }
  });

  it('that was created while the clock was ahead signs although it has a successor, which starts even later', async () => {
    const ahead = await startApp({ clock: new WrongClock(new SystemClock(), 86_400_000) });
    onTestFinished(() => ahead.close());
    const back = await startBeside(ahead);
    onTestFinished(() => back.close());
    await ahead.app.get(KeyRotation, { strict: false }).rotate();
    await back.app.get(KeyRing, { strict: false }).refresh();
    const { accessToken: token } = await createPerson(back);
    expect((await back.call({ url: '/users/me', token })).statusCode).toBe(200);
  });

  it('whose times were changed is no longer trusted', async () => {
    const kids = (await keysOf(app)).map(({ kid }) => kid);
    const moved = await startApp();
    try {
      const [{ kid }] = (await keysOf(moved)) as [{ kid: string }];
      await asSuperuser(moved.database, `UPDATE signing_keys SET signs_from = signs_from - interval '1 day'`);
      const other = await startBeside(moved);
      try {
        expect((await keysOf(other)).map((key) => key.kid)).not.toContain(kid);
      } finally {
        await other.close();
      }
    } finally {
      await moved.close();
    }
    expect(kids).not.toEqual([]);
  });
});

describe('a replaced signing key, with instances that issue tokens of other lifetimes', () => {
  const MINUTE_MS = 60_000;
  const clock = new ManualClock();
  let long: TestApp;
  let short: TestApp;
  let replaced: string;
  let signed: Tokens;
  const rotate = ({ app }: TestApp) => app.get(KeyRotation, { strict: false }).rotate();
  const statusIn = async (app: TestApp) => {
    await app.app.get(KeyRing, { strict: false }).refresh();
    return (await app.call({ url: '/users/me', token: signed.accessToken })).statusCode;
  };
  beforeEach(async () => {
    const lifetime = (minutes: string) => ({
      clock,
      variables: { JWT_ACCESS_TOKEN_EXPIRE_MINUTES: minutes },
    });
    long = await startApp(lifetime('60'));
    onTestFinished(() => long.close());
    short = await startBeside(long, lifetime('5'));
    onTestFinished(() => short.close());
    [{ kid: replaced }] = (await keysOf(long)) as [{ kid: string }];
    signed = await createPerson(long);
    await rotate(long);
  });

  it('is kept by the one that issues shorter ones until the longer ones have expired', async () => {
    clock.advance(20 * MINUTE_MS);
    expect((await rotate(short)).dropped).toEqual([]);
    expect([await statusIn(short), await statusIn(long)]).toEqual([200, 200]);
    clock.advance(41 * MINUTE_MS);
    expect((await rotate(short)).dropped).toContain(replaced);
  });

  it('is kept while a token is valid that is older than the last of its session', async () => {
    clock.advance(10 * MINUTE_MS);
    await short.call({ url: '/auth/refresh', body: { refreshToken: signed.refreshToken } });
    clock.advance(10 * MINUTE_MS);
    expect((await rotate(short)).dropped).toEqual([]);
    expect(await statusIn(short)).toBe(200);
  });

  it('is kept for tokens of service accounts, which live for up to 15 minutes', async () => {
    await asSuperuser(long.database, 'DELETE FROM sessions');
    clock.advance(15 * MINUTE_MS);
    expect((await rotate(short)).dropped).toEqual([]);
    clock.advance(8 * MINUTE_MS);
    expect((await rotate(short)).dropped).toEqual([replaced]);
  });

  it('is kept where the sessions are too many to ask, and neither a reload nor a rotation fails', async () => {
    const keys = short.app.get(SigningKeysRepository, { strict: false });
    vi.spyOn(keys, 'hasLongerLived').mockRejectedValue(new Problem(PlatformErrors.dependency_unavailable));
    clock.advance(90 * MINUTE_MS);
    await short.app.get(KeyRing, { strict: false }).refresh();
    await short.app.get(KeyRotation, { strict: false }).clear();
    expect((await rotate(short)).dropped).toEqual([]);
    expect((await keysOf(short)).map(({ kid }) => kid)).toContain(replaced);
  });

  it('is deleted although sessions go on, once all tokens that it can have signed have expired', async () => {
    clock.advance(60 * MINUTE_MS);
    await long.call({ url: '/auth/refresh', body: { refreshToken: signed.refreshToken } });
    clock.advance(8 * MINUTE_MS);
    expect((await rotate(long)).dropped).toEqual([replaced]);
  });
});
