import bcrypt from 'bcrypt';
import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Environment } from '../../../platform/config/environment.js';
import { keyIdOf } from '../../../platform/crypto/key-id.js';
import { Peppers } from '../../../platform/crypto/master-key.js';
import { ForeignHashes } from './foreign/foreign-hashes.js';
import type { PasswordCostsRepository } from './password-costs.repository.js';
import { PasswordHasher } from './password-hasher.js';
import { storedHash } from './stored-hash.js';

const PEPPER = 'the pepper of this spec, of at least thirty-two bytes';
const hasherOf = (
  settings: Partial<Environment> = {},
  highest: () => Promise<number | null> = async () => null,
) =>
  new PasswordHasher(
    Object.assign(new Environment(), { BCRYPT_ROUNDS: 4, ...settings }),
    new Peppers(settings.PASSWORD_PEPPER ?? PEPPER, settings.PASSWORD_PEPPER_PREVIOUS),
    { highest } as PasswordCostsRepository,
    new ForeignHashes(new Environment()),
  );
const hasher = hasherOf();

describe('PasswordHasher', () => {
  it('stores bcrypt of the base64-encoded HMAC-SHA-384 under the pepper', async () => {
    const { hash, pepperId } = storedHash(await hasher.hash('violet engines hum'));
    expect(pepperId).toBe(keyIdOf(PEPPER));
    expect(hash).toMatch(/^\$2b\$04\$[./A-Za-z0-9]{53}$/);
    const preHash = createHmac('sha384', PEPPER).update('violet engines hum').digest('base64');
    expect(await bcrypt.compare(preHash, hash)).toBe(true);
  });

  it('creates a hash that cannot be verified with the database alone', async () => {
    const hash = await hasher.hash('violet engines hum');
    expect(await bcrypt.compare('violet engines hum', storedHash(hash).hash)).toBe(false);
    const other = hasherOf({ PASSWORD_PEPPER: `${PEPPER}, but another one` });
    expect(await other.verify('violet engines hum', hash)).toBe(false);
  });

  it.each([
    ['beyond 72 bytes', 'x'.repeat(72)],
    ['beyond NUL', 'violet engines\0'],
    ['beyond 72 bytes of four-byte characters', '😀'.repeat(64)],
  ])('hashes the whole password, even %s', async (_what, beginning) => {
    const hash = await hasher.hash(`${beginning}one`);
    expect(await hasher.verify(`${beginning}one`, hash)).toBe(true);
    expect(await hasher.verify(`${beginning}two`, hash)).toBe(false);
    expect(await hasher.verify(beginning, hash)).toBe(false);
  });

  it('distinguishes case, but not composed and decomposed letters', async () => {
    const hash = await hasher.hash('Café de la gare');
    expect(await hasher.verify('Cafe\u0301 de la gare', hash)).toBe(true);
    expect(await hasher.verify('café de la gare', hash)).toBe(false);
    expect(await hasher.verify('Cafe de la gare', hash)).toBe(false);
  });

  it('hashes even if there is no account, and returns false', async () => {
    const finished: unknown[] = [];
    hasher.completed.subscribe((timing) => finished.push(timing));
    expect(await hasher.verify('violet engines hum', null)).toBe(false);
    expect(finished).toHaveLength(1);
  });

  it('takes as long for an unknown account as for a known one', async () => {
    const real = hasherOf({ BCRYPT_ROUNDS: 10 });
    const hash = await real.hash('violet engines hum');
    // Processor time, including that of bcrypt's threads: wall-clock time depends on the load of the machine. The least of
    // several, in turn: other work of this process is counted, too.
    const costOf = async (stored: string | null) => {
      const before = process.cpuUsage();
      for (let n = 0; n < 3; n += 1) await real.verify('violet engines hum!', stored);
      return process.cpuUsage(before).user;
    };
    let [unknown, known] = [Infinity, Infinity];
    for (let round = 0; round < 5; round += 1) {
      unknown = Math.min(unknown, await costOf(null));
      known = Math.min(known, await costOf(hash));
    }
    const ratio = unknown / known;
    expect(ratio).toBeGreaterThan(0.7);
    expect(ratio).toBeLessThan(1.4);
  });

  it('recognises a hash of another cost, higher or lower', async () => {
    const dearer = hasherOf({ BCRYPT_ROUNDS: 5 });
    const hash = await hasher.hash('violet engines hum');
    expect(hasher.isOutdated(hash)).toBe(false);
    expect(dearer.isOutdated(hash)).toBe(true);
    expect(hasher.isOutdated(await dearer.hash('violet engines hum'))).toBe(true);
    expect(await dearer.verify('violet engines hum', hash)).toBe(true);
  });
});

describe('the amount of work of a comparison', () => {
  afterEach(() => vi.restoreAllMocks());

  /** The number of Blowfish key expansions of a call; bcrypt does 2^cost of them for a hash. */
  const workOf = async (verify: () => Promise<boolean>) => {
    const compare = vi.spyOn(bcrypt, 'compare');
    await verify();
    const work = compare.mock.calls.reduce((sum, [, hash]) => sum + 2 ** bcrypt.getRounds(hash), 0);
    compare.mockRestore();
    return work;
  };

  it('is the same for unknown accounts and all stored hashes after BCRYPT_ROUNDS was raised', async () => {
    const hashes = await Promise.all(
      [4, 5, 7].map((rounds) => hasherOf({ BCRYPT_ROUNDS: rounds }).hash('a password')),
    );
    const raised = hasherOf({ BCRYPT_ROUNDS: 7 }, async () => 7);
    for (const hash of [null, ...hashes]) {
      expect(await workOf(() => raised.verify('another password', hash))).toBe(2 ** 7);
      expect(await workOf(() => raised.verify('a password', hash))).toBe(2 ** 7);
    }
  });

  it('is the same after BCRYPT_ROUNDS was lowered', async () => {
    const old = await hasherOf({ BCRYPT_ROUNDS: 7 }).hash('a password');
    const young = await hasherOf({ BCRYPT_ROUNDS: 4 }).hash('a password');
    const lowered = hasherOf({ BCRYPT_ROUNDS: 4 }, async () => 7);
    for (const hash of [null, old, young])
      expect(await workOf(() => lowered.verify('another password', hash))).toBe(2 ** 7);
  });

  it('reads the stored costs once, and again only after a failure', async () => {
    const highest = vi
      .fn<() => Promise<number | null>>()
      .mockRejectedValueOnce(new Error('away'))
      .mockResolvedValue(6);
    const asking = hasherOf({}, highest);
    expect(await workOf(() => asking.verify('a password', null))).toBe(2 ** 4);
    expect(await workOf(() => asking.verify('a password', null))).toBe(2 ** 6);
    expect(await workOf(() => asking.verify('a password', null))).toBe(2 ** 6);
    expect(highest).toHaveBeenCalledTimes(2);
  });

  it('treats an invalid hash like an unknown account', async () => {
    expect(await workOf(() => hasher.verify('a password', 'none'))).toBe(2 ** 4);
    expect(await hasher.verify('a password', 'none')).toBe(false);
  });
});

describe('the queue of a new process', () => {
  it('accepts sixty cheap hashes before the first one has been measured', async () => {
    const fresh = hasherOf({ HASH_MAX_WAIT_MS: 5000 });
    const all = await Promise.allSettled(Array.from({ length: 60 }, () => fresh.hash('a password')));
    expect(all.filter(({ status }) => status === 'rejected')).toEqual([]);
  });

  it('expects hashes of a high cost to be slow', async () => {
    const fresh = hasherOf({ BCRYPT_ROUNDS: 14, HASH_MAX_WAIT_MS: 500 });
    const hash = vi.spyOn(bcrypt, 'hash').mockResolvedValue('a hash' as never);
    const all = await Promise.allSettled(Array.from({ length: 60 }, () => fresh.hash('a password')));
    expect(all.some(({ status }) => status === 'rejected')).toBe(true);
    hash.mockRestore();
  });

  it('makes a hash that can be made later only if none would wait for it', async () => {
    const fresh = hasherOf({ WEB_CONCURRENCY: 64 });
    const [first, second] = await Promise.all([
      fresh.hashIfFree('a password'),
      fresh.hashIfFree('a password'),
    ]);
    expect(first).toMatch(/^[0-9a-f]{16}:\$2b\$/);
    expect(second).toBeNull();
    expect(await fresh.hashIfFree('a password')).not.toBeNull();
  });
});
