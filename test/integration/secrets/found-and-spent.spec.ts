import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SecretPurposes } from '../../../src/platform/secrets/secret-purposes.js';
import { freshDatabase, type FreshDatabase } from '../../support/postgres/fresh-database.js';
import { type SecretStore, secretStore } from '../../support/stores/secret-store.js';

const LIFETIME_MS = 60_000;

const purposes = new SecretPurposes();
const RESET = purposes.register('password_reset');
const VERIFICATION = purposes.register('email_verification');

const ISSUED = [null, 'session 1'].flatMap((context) =>
  [null, 'password 1'].flatMap((fingerprint) =>
    [null, 'address 1'].flatMap((emailDigest) =>
      [false, true].map((hasCode) => ({ context, fingerprint, emailDigest, hasCode })),
    ),
  ),
);
const STATES = [
  null,
  { fingerprint: 'password 1', emailDigest: null },
  { fingerprint: 'password 1', emailDigest: 'address 1' },
  { fingerprint: 'password 1', emailDigest: 'address 2' },
  { fingerprint: 'password 2', emailDigest: 'address 1' },
];
const USES = [RESET, VERIFICATION].flatMap((purpose) =>
  [null, 'session 1', 'session 2'].flatMap((context) =>
    STATES.map((state) => ({ purpose, context, state: () => Promise.resolve(state) })),
  ),
);

describe('A secret', () => {
  let database: FreshDatabase;
  let store: SecretStore;

  beforeAll(async () => {
    database = await freshDatabase();
    store = await secretStore(database);
  });
  afterAll(async () => {
    await store.dataSource.destroy();
    await database.drop();
  });

  const issue = ({ hasCode, ...bound }: (typeof ISSUED)[number]) =>
    store.transactions.run((tx) =>
      store.secrets.issue(tx, {
        ...bound,
        purpose: RESET,
        subject: randomUUID(),
        payload: null,
        lifetimeMs: LIFETIME_MS,
        replaces: false,
        ...(hasCode && { code: { lifetimeMs: LIFETIME_MS } }),
      }),
    );

  class Undone extends Error {}

  /** What is found, and what is spent by the same use; the secret is as before afterwards. */
  const outcomesOf = async (use: (typeof USES)[number] & { readonly token: string }) => {
    const outcomes: { found: unknown; spent: unknown } = { found: null, spent: null };
    const isUndone = store.transactions.run(async (tx) => {
      outcomes.found = await store.secrets.find(tx, use);
      outcomes.spent = await store.secrets.spend(tx, use);
      throw new Undone();
    });
    await expect(isUndone).rejects.toThrow(Undone);
    return outcomes;
  };

  it.each([
    ['until it expires', LIFETIME_MS - 1],
    ['from its expiry on', LIFETIME_MS],
  ])('is found by those who can spend it, and by nobody else, %s', async (_, ageMs) => {
    const tokens = await Promise.all(
      ISSUED.map(async (row) => ({ ...row, token: (await issue(row)).token })),
    );
    store.clock.advance(ageMs);
    const accepted = new Set<boolean>();
    for (const { token, ...row } of tokens)
      for (const use of USES) {
        const { found, spent } = await outcomesOf({ ...use, token });
        expect(found, JSON.stringify({ row, ...use })).toEqual(spent);
        accepted.add(spent !== null);
      }
    expect(accepted).toEqual(new Set(ageMs < LIFETIME_MS ? [true, false] : [false]));
  });

  it('that was spent is not found', async () => {
    const { token } = await issue(ISSUED[0]!);
    const [use] = USES;
    const { spent } = await store.transactions.run(async (tx) => ({
      spent: await store.secrets.spend(tx, { ...use!, token }),
    }));
    expect(spent).not.toBeNull();
    expect(await outcomesOf({ ...use!, token })).toEqual({ found: null, spent: null });
  });
});
