import { Logger } from '@nestjs/common';
import { fc } from '@fast-check/vitest';
import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RetentionClock } from '../../../src/platform/database/retention-clock.js';
import type { Transaction } from '../../../src/platform/database/transaction-runner.js';
import type { NewSecret } from '../../../src/platform/secrets/new-secret.js';
import { SecretPurposes } from '../../../src/platform/secrets/secret-purposes.js';
import type { ReadState } from '../../../src/platform/secrets/secret-use.js';
import { SecretsErrors } from '../../../src/platform/secrets/secrets.errors.js';
import { SecretsPurge } from '../../../src/platform/secrets/secrets-purge.js';
import { freshDatabase, type FreshDatabase } from '../../support/postgres/fresh-database.js';
import { type SecretStore, secretStore } from '../../support/stores/secret-store.js';

const AT_ONCE = 16;
const HOUR_MS = 3_600_000;
const EMAIL = 'the-keyed-digest-of-an-address';
const STATE = 'password 1, address 1, factors 0';

const purposes = new SecretPurposes();
const RESET = purposes.register('password_reset');
const VERIFICATION = purposes.register('email_verification');
const CHALLENGE = purposes.register('factor_challenge');
const SIGN_IN = purposes.register('passkey_challenge');
const ENROLMENT = purposes.register('passkey_registration');
const UNDO = purposes.register('email_undo');

const stateIs =
  (fingerprint: string, emailDigest: string | null = EMAIL): ReadState =>
  () =>
    Promise.resolve({ fingerprint, emailDigest });

describe('single-use secrets', () => {
  let database: FreshDatabase;
  let here: SecretStore;
  let there: SecretStore;
  let subject: string;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    database = await freshDatabase();
    [here, there] = await Promise.all([secretStore(database), secretStore(database)]);
    const owner = new Client(database.ownerUrl);
    await owner.connect();
    await owner.query('CREATE TABLE accounts (id uuid PRIMARY KEY, state text NOT NULL)');
    await owner.query('GRANT ALL ON accounts TO PUBLIC');
    await owner.end();
  });
  afterAll(async () => {
    await Promise.all([here.dataSource.destroy(), there.dataSource.destroy()]);
    await database.drop();
  });
  beforeEach(async () => {
    await here.dataSource.query('DELETE FROM single_use_secrets');
    here.clock.advance(1);
    there.clock.advance(here.clock.nowMs() - there.clock.nowMs());
    subject = randomUUID();
  });

  const issue = (over: Partial<NewSecret> = {}) =>
    here.transactions.run((tx) =>
      here.secrets.issue(tx, {
        purpose: RESET,
        subject,
        emailDigest: EMAIL,
        fingerprint: STATE,
        context: null,
        payload: null,
        lifetimeMs: HOUR_MS,
        replaces: true,
        ...over,
      }),
    );
  interface Use {
    readonly token: string;
    readonly purpose?: typeof RESET;
    readonly context?: string | null;
    readonly state?: ReadState | null;
  }
  const spend = (
    { token, purpose = RESET, context = null, state = stateIs(STATE) }: Use,
    store: SecretStore = here,
  ) =>
    store.transactions.run((tx) =>
      store.secrets.spend(tx, { purpose, token, context, ...(state && { state }) }),
    );
  const spendAtOnce = async (use: Use) => {
    const outcomes = await Promise.all(
      Array.from({ length: AT_ONCE }, (_, index) => spend(use, index % 2 === 0 ? here : there)),
    );
    return outcomes.filter((spent) => spent !== null);
  };
  const withCode = (over: Partial<NewSecret> = {}) =>
    issue({ purpose: VERIFICATION, replaces: false, code: { lifetimeMs: 600_000 }, ...over });
  const tryCode = async (
    code: string,
    { context = null as string | null, store = here, of = subject } = {},
  ) => {
    const attempt = await store.secrets.attemptCode({ purpose: VERIFICATION, subject: of, context });
    const spent = await store.transactions.run((tx) =>
      store.secrets.spendCode(tx, attempt, code, stateIs(STATE)),
    );
    return { looked: attempt.ids.length > 0, spent };
  };
  const wrong = (code: string) => `${code.slice(0, 7)}${code.endsWith('2') ? '3' : '2'}`;

  describe('a token', () => {
    it('is spent once and returns its payload and its time of issue', async () => {
      const payload = { email: 'new@example.org', nested: [1, { two: null }] };
      const { id, token, code, expiresAt } = await issue({ payload, context: 'session 1' });
      expect(Buffer.from(token, 'base64url')).toHaveLength(32);
      expect(code).toBeNull();
      expect(expiresAt.getTime()).toBe(here.clock.nowMs() + HOUR_MS);
      const expected = {
        id,
        subject,
        emailDigest: EMAIL,
        context: 'session 1',
        payload,
        issuedAt: here.clock.now(),
      };
      expect(await spend({ token, context: 'session 1' })).toEqual(expected);
      expect(await spend({ token, context: 'session 1' })).toBeNull();
    });

    it('peer fault 2: a reset token used 16 times at once resets once', async () => {
      const { token } = await issue();
      expect(await spendAtOnce({ token })).toHaveLength(1);
    });

    it('peer fault 3: a link opened 16 times at once acts once', async () => {
      const { token } = await issue({ purpose: UNDO, fingerprint: null });
      expect(await spendAtOnce({ token, purpose: UNDO, state: null })).toHaveLength(1);
    });

    it('peer fault 5: a one-time token redeemed 16 times at once is redeemed once', async () => {
      const { token } = await issue({ purpose: SIGN_IN, subject: null, fingerprint: null, replaces: false });
      expect(await spendAtOnce({ token, purpose: SIGN_IN, state: null })).toHaveLength(1);
    });

    it('can be spent in its last millisecond, but not at its expiry', async () => {
      const last = await issue();
      here.clock.advance(HOUR_MS - 1);
      there.clock.advance(HOUR_MS - 1);
      expect(await spendAtOnce({ token: last.token })).toHaveLength(1);
      const late = await issue();
      here.clock.advance(HOUR_MS);
      there.clock.advance(HOUR_MS);
      expect(await spendAtOnce({ token: late.token })).toEqual([]);
    });

    it('is spent at most once while it expires under 16 uses', async () => {
      for (let round = 0; round < 5; round++) {
        there.clock.advance(here.clock.nowMs() - there.clock.nowMs());
        const { token } = await issue();
        here.clock.advance(HOUR_MS - 1);
        // One instance is already at the expiry, and the other is one millisecond before it.
        there.clock.advance(HOUR_MS);
        expect(await spendAtOnce({ token })).toHaveLength(1);
      }
    });

    it('peer fault 24: an expired challenge completes nothing, and one challenge makes one session', async () => {
      const challenge = {
        purpose: CHALLENGE,
        context: 'agent',
        replaces: false,
        lifetimeMs: 300_000,
      } as const;
      const use = { purpose: CHALLENGE, context: 'agent' };
      const first = await issue(challenge);
      expect(await spendAtOnce({ ...use, token: first.token })).toHaveLength(1);
      const second = await issue(challenge);
      here.clock.advance(300_000);
      expect(await here.secrets.attempt({ ...use, token: second.token })).toBeNull();
      expect(await spend({ ...use, token: second.token })).toBeNull();
    });

    it('stays valid if the transaction that spends it is rolled back', async () => {
      const { token } = await issue();
      const failed = here.transactions.run(async (tx) => {
        expect(
          await here.secrets.spend(tx, { purpose: RESET, token, context: null, state: stateIs(STATE) }),
        ).not.toBeNull();
        throw new Error('the new password is refused');
      });
      await expect(failed).rejects.toThrow('refused');
      expect(await spend({ token })).not.toBeNull();
    });

    it('can be read for its subject without being spent', async () => {
      const { token } = await issue();
      expect(await here.secrets.subjectOf(RESET, token)).toBe(subject);
      expect(await here.secrets.subjectOf(VERIFICATION, token)).toBeNull();
      expect(await spend({ token })).not.toBeNull();
    });
  });

  describe('a token is bound', () => {
    it('peer fault 8: a challenge of one purpose finishes no other', async () => {
      const { token } = await issue({ purpose: SIGN_IN, replaces: false });
      for (const purpose of [ENROLMENT, CHALLENGE, RESET]) expect(await spend({ token, purpose })).toBeNull();
      expect(await spend({ token, purpose: SIGN_IN })).not.toBeNull();
    });

    it('peer fault 9: a token of an early phase does not complete the last one', async () => {
      const proof = await withCode();
      expect(await spend({ token: proof.token, purpose: RESET })).toBeNull();
      expect(await spend({ token: proof.code!, purpose: RESET })).toBeNull();
      expect(await spend({ token: proof.code!, purpose: VERIFICATION })).toBeNull();
    });

    it('peer fault 11: an old token is invalid once the address or another credential has changed', async () => {
      const { token } = await issue();
      expect(await spend({ token, state: stateIs('password 2, address 1, factors 0') })).toBeNull();
      expect(await spend({ token, state: stateIs(STATE, 'the digest of another address') })).toBeNull();
      expect(await spend({ token, state: () => Promise.resolve(null) })).toBeNull();
      expect(await spend({ token, state: null })).toBeNull();
      expect(await spend({ token })).not.toBeNull();
    });

    it('is invalid if a concurrent change of the credentials commits', async () => {
      const { token } = await issue();
      const read = (tx: Transaction) =>
        tx.query<{ state: string }[]>('SELECT state FROM accounts WHERE id = $1 FOR UPDATE', [subject]);
      await here.dataSource.query('INSERT INTO accounts VALUES ($1, $2)', [subject, STATE]);
      let reached = (): void => undefined;
      const isReading = new Promise<void>((resolve) => (reached = resolve));
      let spending: Promise<unknown> = Promise.resolve();
      await there.transactions.run(async (tx) => {
        await tx.query(`UPDATE accounts SET state = 'password 2' WHERE id = $1`, [subject]);
        spending = spend({
          token,
          state: async (other) => {
            reached();
            return { fingerprint: (await read(other))[0]!.state, emailDigest: EMAIL };
          },
        });
        await isReading;
      });
      expect(await spending).toBeNull();
    });

    it('stays valid after any change if it was issued that way', async () => {
      const { token } = await issue({ purpose: UNDO, fingerprint: null, emailDigest: null });
      expect(await spend({ token, purpose: UNDO, state: stateIs('everything is different') })).not.toBeNull();
    });

    it('to the session or client that requested it, if there is one', async () => {
      const { token } = await issue({ context: 'session 1' });
      expect(await spend({ token, context: 'session 2' })).toBeNull();
      expect(await spend({ token, context: null })).toBeNull();
      expect(await spend({ token, context: 'session 1' })).not.toBeNull();
    });
  });

  describe('a newer token', () => {
    it('replaces the previous one', async () => {
      const older = await issue();
      const younger = await issue();
      expect(await spend({ token: older.token })).toBeNull();
      expect(await spend({ token: younger.token })).not.toBeNull();
    });

    it('leaves one valid token if 16 are issued at once', async () => {
      const issued = await Promise.all(Array.from({ length: AT_ONCE }, () => issue()));
      const spent = await Promise.all(issued.map(({ token }) => spend({ token })));
      expect(spent.filter((one) => one !== null)).toHaveLength(1);
    });

    it('does not replace tokens of another purpose or subject', async () => {
      const mine = await issue();
      await issue({ purpose: CHALLENGE });
      await issue({ subject: randomUUID() });
      expect(await spend({ token: mine.token })).not.toBeNull();
    });

    it('neither replaces nor is replaced if one of the two was issued as additional', async () => {
      const requested = await issue();
      const additional = await issue({ replaces: false });
      const newest = await issue();
      expect(await spend({ token: requested.token })).toBeNull();
      expect(await spend({ token: additional.token })).not.toBeNull();
      expect(await spend({ token: newest.token })).not.toBeNull();
    });

    it('replaces nothing if its purpose allows several', async () => {
      const all = [await issue({ replaces: false }), await issue({ replaces: false })];
      for (const { token } of all) expect(await spend({ token })).not.toBeNull();
    });

    it('starts with all of its attempts', async () => {
      const older = await issue({ purpose: CHALLENGE });
      for (let n = 0; n < 5; n++)
        await here.secrets.attempt({ purpose: CHALLENGE, token: older.token, context: null });
      const { token } = await issue({ purpose: CHALLENGE });
      expect(await here.secrets.attempt({ purpose: CHALLENGE, token, context: null })).not.toBeNull();
    });
  });

  describe('revocation', () => {
    it('ends the secrets of a subject, of some purposes or of all', async () => {
      const reset = await issue();
      const undo = await issue({ purpose: UNDO, fingerprint: null });
      const foreign = await issue({ subject: randomUUID() });
      const revoke = (...named: (typeof RESET)[]) =>
        here.transactions.run((tx) =>
          here.secrets.revokeAll(tx, subject, named.length > 0 ? named : undefined),
        );
      expect(await revoke(RESET, VERIFICATION)).toBe(1);
      expect(await spend({ token: reset.token })).toBeNull();
      expect(await revoke()).toBe(1);
      expect(await spend({ token: undo.token, purpose: UNDO })).toBeNull();
      expect(await spend({ token: foreign.token })).not.toBeNull();
    });
  });

  describe('a code', () => {
    it('is spent once, in any notation, together with its token', async () => {
      const { code, token } = await withCode();
      const typed = `${code!.slice(0, 4).toLowerCase()} - ${code!.slice(4)} `;
      expect((await tryCode(typed)).spent?.subject).toBe(subject);
      expect((await tryCode(code!)).spent).toBeNull();
      expect(await spend({ token, purpose: VERIFICATION })).toBeNull();
    });

    it('is spent together with its token, whichever comes first', async () => {
      const { code, token } = await withCode();
      expect(await spend({ token, purpose: VERIFICATION })).not.toBeNull();
      expect((await tryCode(code!)).spent).toBeNull();
    });

    it('expires before its token', async () => {
      const { code, token } = await withCode();
      here.clock.advance(600_000);
      expect((await tryCode(code!)).spent).toBeNull();
      expect(await spend({ token, purpose: VERIFICATION })).not.toBeNull();
    });

    it('is valid only for its subject', async () => {
      const { code } = await withCode();
      const other = randomUUID();
      await withCode({ subject: other });
      expect((await tryCode(code!, { of: other })).spent).toBeNull();
      expect((await tryCode(code!)).spent).not.toBeNull();
    });

    it('is valid only in the session that requested it, or in any session if none did', async () => {
      const bound = await withCode({ context: 'session 1' });
      expect((await tryCode(bound.code!, { context: 'session 2' })).looked).toBe(false);
      expect((await tryCode(bound.code!, { context: 'session 1' })).spent).not.toBeNull();
      const free = await withCode();
      expect((await tryCode(free.code!, { context: 'session 2' })).spent).not.toBeNull();
    });

    it('peer fault 4: of 16 concurrent wrong codes, five are checked, and the right one is then refused', async () => {
      const { code } = await withCode();
      const tries = await Promise.all(
        Array.from({ length: AT_ONCE }, (_, index) =>
          tryCode(wrong(code!), { store: index % 2 === 0 ? here : there }),
        ),
      );
      expect(tries.filter(({ looked }) => looked)).toHaveLength(5);
      expect(tries.every(({ spent }) => spent === null)).toBe(true);
      expect(await tryCode(code!)).toEqual({ looked: false, spent: null });
    });

    it('counts attempts for several valid codes at once without a deadlock', async () => {
      const [first] = [await withCode(), await withCode(), await withCode()];
      const tries = await Promise.all(
        Array.from({ length: AT_ONCE }, (_, index) =>
          tryCode(wrong(first.code!), { store: index % 2 === 0 ? here : there }),
        ),
      );
      expect(tries.filter(({ looked }) => looked)).toHaveLength(5);
    });

    it('is accepted at the fifth attempt', async () => {
      const { code } = await withCode();
      for (let n = 0; n < 4; n++) expect((await tryCode(wrong(code!))).looked).toBe(true);
      expect((await tryCode(code!)).spent).not.toBeNull();
    });

    it('keeps its count if the transaction that checks it is rolled back', async () => {
      const { code } = await withCode();
      for (let n = 0; n < 5; n++) {
        const attempt = await here.secrets.attemptCode({ purpose: VERIFICATION, subject, context: null });
        const failed = here.transactions.run(async (tx) => {
          await here.secrets.spendCode(tx, attempt, wrong(code!), stateIs(STATE));
          throw new Error('wrong');
        });
        await expect(failed).rejects.toThrow('wrong');
      }
      expect(await tryCode(code!)).toEqual({ looked: false, spent: null });
    });

    it('used 16 times at once has one winner', async () => {
      for (let round = 0; round < 3; round++) {
        const { code } = await withCode();
        const tries = await Promise.all(
          Array.from({ length: AT_ONCE }, (_, index) =>
            tryCode(code!, { store: index % 2 === 0 ? here : there }),
          ),
        );
        expect(tries.filter(({ spent }) => spent !== null)).toHaveLength(1);
      }
    });

    it('becomes invalid when the credentials change', async () => {
      const { code } = await withCode();
      const attempt = await here.secrets.attemptCode({ purpose: VERIFICATION, subject, context: null });
      const spendWith = (state?: ReadState) =>
        here.transactions.run((tx) => here.secrets.spendCode(tx, attempt, code!, state));
      expect(await spendWith(stateIs('changed'))).toBeNull();
      expect(await spendWith()).toBeNull();
      expect(await spendWith(stateIs(STATE))).not.toBeNull();
    });

    it('needs a subject', async () => {
      await expect(withCode({ subject: null })).rejects.toThrow('needs a subject');
      await expect(issue({ subject: null })).rejects.toThrow('needs a subject');
    });
  });

  describe('a challenge', () => {
    it('peer fault 4: is checked at most five times, even by concurrent requests', async () => {
      const { token } = await issue({ purpose: CHALLENGE, payload: { methods: ['totp'] } });
      const attempts = await Promise.all(
        Array.from({ length: AT_ONCE }, (_, index) =>
          (index % 2 === 0 ? here : there).secrets.attempt({ purpose: CHALLENGE, token, context: null }),
        ),
      );
      const counted = attempts.filter((attempt) => attempt !== null);
      expect(counted).toHaveLength(5);
      expect(counted[0]).toMatchObject({ subject, payload: { methods: ['totp'] } });
    });
  });

  describe('every refusal', () => {
    it('has the same result and takes the same statements', async () => {
      const used = await issue();
      await spend({ token: used.token });
      const replaced = await issue();
      const live = await issue();
      const expired = await issue({ subject: randomUUID(), lifetimeMs: 0 });
      const reset = { purpose: RESET, context: null, state: stateIs(STATE) };
      const uses: Use[] = [
        { ...reset, token: used.token },
        { ...reset, token: replaced.token },
        { ...reset, token: expired.token },
        { ...reset, token: live.token, purpose: UNDO },
        { ...reset, token: live.token, state: stateIs('changed') },
        { ...reset, token: `${live.token.slice(0, 42)}${live.token.endsWith('A') ? 'B' : 'A'}` },
        { ...reset, token: '' },
        { ...reset, token: 'not a token' },
      ];
      const statements: string[][] = [];
      for (const use of uses) {
        statements.push(await here.statementsOf(async () => expect(await spend(use)).toBeNull()));
      }
      expect(statements[0]).toHaveLength(2);
      for (const other of statements) expect(other).toEqual(statements[0]);
      expect(await spend({ token: live.token })).not.toBeNull();
    });

    it('is the same for codes, even for a subject without any', async () => {
      const { code } = await withCode();
      const of = async (work: () => Promise<unknown>) => here.statementsOf(work);
      const wrongCode = await of(() => tryCode(wrong(code!)));
      const noCode = await of(() => tryCode(code!, { of: randomUUID() }));
      expect(wrongCode).toHaveLength(2);
      expect(noCode).toEqual(wrongCode);
    });

    it('has one problem for all reasons', () => {
      expect(Object.values(SecretsErrors).map(({ code, status }) => [code, status])).toEqual([
        ['invalid_link', 400],
        ['invalid_code', 400],
      ]);
    });
  });

  describe('a malformed token', () => {
    it('is refused with any single character changed, removed or added', async () => {
      const { token } = await issue();
      const other = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=.'.split('');
      await fc.assert(
        fc.asyncProperty(
          fc.nat(token.length - 1),
          fc.constantFrom(...other, ''),
          fc.boolean(),
          async (at, character, isInserted) => {
            const changed = token.slice(0, at) + character + token.slice(isInserted ? at : at + 1);
            fc.pre(changed !== token);
            expect(await spend({ token: changed })).toBeNull();
          },
        ),
        { numRuns: 60 },
      );
      expect(await spend({ token })).not.toBeNull();
    });

    it('is refused without an error for arbitrary text', async () => {
      await issue();
      await fc.assert(
        fc.asyncProperty(
          fc.oneof(
            fc.string({ unit: 'binary' }),
            fc.constantFrom('\0', '\ud800', "' OR ''='", 'A'.repeat(60_000)),
          ),
          async (text) => {
            expect(await spend({ token: text })).toBeNull();
            expect((await tryCode(text)).spent).toBeNull();
          },
        ),
        { numRuns: 40 },
      );
    });
  });

  describe('the table', () => {
    it('contains no secret and no payload in plain text', async () => {
      const payload = { email: 'a-new-address@example.org' };
      const { token, code } = await withCode({ payload });
      const [row] = await here.dataSource.query<{ dump: string }[]>(
        'SELECT s::text AS dump FROM single_use_secrets AS s',
      );
      const dump = row!.dump.toLowerCase();
      const inHex = (text: string | Buffer) => Buffer.from(text as string).toString('hex');
      expect(dump).toContain(subject);
      for (const secret of [token, code!, payload.email]) {
        expect(dump).not.toContain(secret.toLowerCase());
        expect(dump).not.toContain(inHex(secret));
      }
      expect(dump).not.toContain(inHex(Buffer.from(token, 'base64url')));
    });

    it('does not accept inserted rows, or rows with another owner, without the master secret', async () => {
      const { token } = await issue({ replaces: false });
      await here.dataSource.query('UPDATE single_use_secrets SET subject = $1', [randomUUID()]);
      expect(await spend({ token })).toBeNull();
      const longer = await issue({ replaces: false });
      await here.dataSource.query(`UPDATE single_use_secrets SET expires_at = expires_at + interval '1 day'`);
      expect(await spend({ token: longer.token })).toBeNull();
      const stranger = await secretStore(database, 'a master secret of another party, long enough');
      const planted = await stranger.transactions.run((tx) =>
        stranger.secrets.issue(tx, {
          purpose: RESET,
          subject,
          emailDigest: EMAIL,
          fingerprint: STATE,
          context: null,
          payload: null,
          lifetimeMs: HOUR_MS * 24 * 365 * 10,
          replaces: false,
        }),
      );
      await stranger.dataSource.destroy();
      expect(await spend({ token: planted.token })).toBeNull();
    });

    const purge = () =>
      new SecretsPurge(here.repository, new RetentionClock(here.dataSource, here.clock)).purge();

    it('is purged of expired rows only', async () => {
      const unsent = { lifetimeMs: 1000, emailDigest: null, replaces: false };
      const kept = await issue({ ...unsent, lifetimeMs: 2000 });
      await issue(unsent);
      const used = await issue(unsent);
      await spend({ token: used.token });
      here.clock.advance(1000);
      expect(await purge()).toBe(false);
      const left = await here.dataSource.query<{ id: string }[]>('SELECT id FROM single_use_secrets');
      expect(left.map(({ id }) => id)).toEqual([kept.id]);
    });

    it('is known to have expired, and not to have been used, for a day after its expiry if it was sent', async () => {
      const [sent, used] = [
        await issue({ lifetimeMs: HOUR_MS, replaces: false }),
        await issue({ lifetimeMs: HOUR_MS, replaces: false }),
      ];
      const validities = async () => {
        await purge();
        return [await here.secrets.validityOf(sent.id), await here.secrets.validityOf(used.id)];
      };
      expect(await validities()).toEqual(['live', 'live']);
      await spend({ token: used.token });
      expect(await validities()).toEqual(['live', 'gone']);
      here.clock.advance(HOUR_MS);
      expect(await validities()).toEqual(['expired', 'gone']);
      here.clock.advance(24 * HOUR_MS - 1);
      expect(await validities()).toEqual(['expired', 'gone']);
      here.clock.advance(1);
      expect(await validities()).toEqual(['gone', 'gone']);
      expect(await here.dataSource.query('SELECT FROM single_use_secrets')).toEqual([]);
    });

    it('is purged in batches that skip rows in use', async () => {
      for (let n = 0; n < 5; n++) await issue({ lifetimeMs: 1, replaces: false });
      here.clock.advance(10);
      await there.transactions.run(async (tx) => {
        await tx.query('SELECT id FROM single_use_secrets LIMIT 1 FOR UPDATE');
        expect(await here.repository.purge(here.clock.now(), here.clock.now(), 3)).toBe(3);
        expect(await here.repository.purge(here.clock.now(), here.clock.now(), 3)).toBe(1);
      });
      expect(await here.repository.purge(here.clock.now(), here.clock.now(), 3)).toBe(1);
    });
  });
});
