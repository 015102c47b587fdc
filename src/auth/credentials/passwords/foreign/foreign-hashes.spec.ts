import { fc } from '@fast-check/vitest';
import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  FIREBASE,
  FOREIGN_HASHES,
  FOREIGN_PASSWORD,
} from '../../../../../test/support/passwords/foreign-hashes.js';
import { Environment } from '../../../../platform/config/environment.js';
import { UnusableHash } from './foreign-hash.js';
import { foreignHashText } from './foreign-hash-text.js';
import { foreignHash, ForeignHashes, storedForeignHash } from './foreign-hashes.js';
import { parseForeignHash } from './parse-foreign-hash.js';

describe('a password hash of another system', () => {
  const hashes = new ForeignHashes(new Environment());
  afterAll(() => hashes.onApplicationShutdown());

  const VECTORS = Object.entries(FOREIGN_HASHES).map(
    ([name, hash]) => [name, hash, FOREIGN_PASSWORD] as const,
  );

  it.each([...VECTORS, ['Firebase', FIREBASE.hash, FIREBASE.password] as const])(
    'of %s accepts its password and no other',
    async (_name, hash, password) => {
      const stored = await storedForeignHash(parseForeignHash(hash), 4);
      expect(await hashes.verify(password, stored, null)).toBe(true);
      expect(await hashes.verify(`${password}!`, stored, null)).toBe(false);
      // What is exported is read as the same.
      const exported = foreignHashText(foreignHash(stored)!);
      expect(foreignHash(await storedForeignHash(parseForeignHash(exported), 4))).toEqual(
        foreignHash(stored),
      );
    },
  );

  it('is compared with its own password only, also while the idle thread of earlier ones ends', async () => {
    const stored = await storedForeignHash(parseForeignHash(FOREIGN_HASHES['Django']), 4);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    for (let round = 0; round < 10; round += 1) {
      expect(await hashes.verify(FOREIGN_PASSWORD, stored, null)).toBe(true);
      vi.advanceTimersByTime(30_000);
      const both = [FOREIGN_PASSWORD, 'a guess'].map((password) => hashes.verify(password, stored, null));
      expect(await Promise.all(both)).toEqual([true, false]);
    }
  });

  it('accepts a password as it was typed, and in NFC', async () => {
    const stored = async (hash: string) => storedForeignHash(parseForeignHash(hash), 4);
    const ofComposed = await stored('{SHA}fWQIYTOXMoZcC4EVujT5Q+VP09Q=');
    const ofDecomposed = await stored('{SHA}CLsHMNfzdlz9+GvHeHdp7ZUcNPU=');
    expect(await hashes.verify('Caf\u00e9', ofComposed, null)).toBe(true);
    expect(await hashes.verify('Cafe\u0301', ofComposed, null)).toBe(true);
    expect(await hashes.verify('Cafe\u0301', ofDecomposed, null)).toBe(true);
    expect(await hashes.verify('Caf\u00e9', ofDecomposed, null)).toBe(false);
  });

  it.each([
    ['a bcrypt cost of 16', '$2b$16$abcdefghijklmnopqrstuus.o/wVymUDnyS6MK5AO3185drwCGcU.'],
    [
      '4 GiB of memory',
      '$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    ],
    [
      'a thousand passes',
      '$argon2id$v=19$m=65536,t=1000,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    ],
    ['17 lanes', '$argon2id$v=19$m=65536,t=1,p=17$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'],
    [
      'a cost of 2^31',
      '$scrypt$ln=31,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$5mSf4WvR3WxfEntNZIhUDcRr8K1oRfTsQ+6UWlzCJEU',
    ],
    [
      'a block size of 1024',
      '$scrypt$ln=14,r=1024,p=1$AAECAwQFBgcICQoLDA0ODw$5mSf4WvR3WxfEntNZIhUDcRr8K1oRfTsQ+6UWlzCJEU',
    ],
    [
      'ten million and one iterations',
      'pbkdf2_sha256$10000001$salty$bWAIW5kMoY8upYMtOhBavwuUgM/sNEH9rinO7O8SQYE=',
    ],
    [
      'ten million iterations for each of two blocks',
      `$pbkdf2-sha1$i=10000000$c2FsdHNhbHQ$${Buffer.alloc(21).toString('base64')}`,
    ],
    ['a million and one rounds', '$5$rounds=1000001$saltstring$DOMZkE8vTYaXXjRJVcOc09WIyq0ciUOmHTzWtV4GCa1'],
    ['a Firebase cost of 2^31', FIREBASE.hash.replace('ln=14', 'ln=31')],
    ['an unknown form', '{CRYPT}sa3tHJ3/KuYvI'],
    ['no text', 17],
    ['nothing', null],
  ])('with %s is refused', (_name, hash) => {
    expect(() => parseForeignHash(hash)).toThrow(UnusableHash);
  });

  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])(
    'of Keycloak is refused if its algorithm is %s, which is no algorithm but a member of every object',
    (algorithm) => {
      const { secretData } = FOREIGN_HASHES['Keycloak'] as { secretData: string };
      const credentialData = { hashIterations: 2_000_000_000, algorithm };
      expect(() => parseForeignHash({ secretData, credentialData })).toThrow(
        'the form of the hash is not supported',
      );
    },
  );

  it('of Firebase is read in base64url, too, as the Admin SDK returns it', async () => {
    const hash = FIREBASE.hash.replaceAll('+', '-').replaceAll('/', '_');
    const stored = await storedForeignHash(parseForeignHash(hash), 4);
    expect(foreignHashText(foreignHash(stored)!)).toMatch(/^[^-_]+$/);
    expect(await hashes.verify(FIREBASE.password, stored, null)).toBe(true);
  });

  it.each([
    ['a cost that is no power of two', FOREIGN_HASHES['Django with scrypt'], '$1024$', '$1000$'],
    ['a cost of 2^30', FOREIGN_HASHES['Django with scrypt'], '$1024$', '$1073741824$'],
    ['a bcrypt cost of 16', FOREIGN_HASHES['Django with bcrypt and SHA-256'], '$04$', '$16$'],
    ['a cut digest', FOREIGN_HASHES['Django with bcrypt and SHA-256'], 'iar6', ''],
  ])('of Django with %s is refused', (_name, hash, part, replacement) => {
    expect(() => parseForeignHash(String(hash).replace(part, replacement))).toThrow(UnusableHash);
  });

  it('of PBKDF2 may have more than one block within the bound of the iterations', () => {
    const hash = `$pbkdf2-sha1$i=5000000$c2FsdHNhbHQ$${Buffer.alloc(40).toString('base64')}`;
    expect(parseForeignHash(hash)).toMatchObject({ kind: 'pbkdf2', iterations: 5_000_000 });
  });

  it('of any kind is read or refused', () => {
    const outcomeOf = (value: unknown) => {
      try {
        return typeof parseForeignHash(value).kind;
      } catch (error) {
        return error instanceof UnusableHash ? 'refused' : String(error);
      }
    };
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.anything()), (value) => {
        expect(['string', 'refused']).toContain(outcomeOf(value));
      }),
    );
  });
});
