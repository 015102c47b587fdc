import { type ForeignHash, type PbkdfDigest, UnusableHash } from './foreign-hash.js';

const MIB = 1024 * 1024;

/**
 * The highest cost parameters that are accepted. Without bounds, one imported row could keep the service busy for hours or
 * exhaust its memory (CWE-400); whoever wrote the row chose them, not this service.
 */
const MOST = {
  bcryptCost: 15,
  argon2Kib: 256 * 1024,
  argon2Passes: 10,
  argon2Lanes: 16,
  scryptBytes: 128 * MIB,
  scryptParallelism: 16,
  pbkdf2Computed: 10_000_000,
  shaCryptRounds: 1_000_000,
};

const DIGEST_BYTES: Readonly<Record<PbkdfDigest, number>> = { sha1: 20, sha256: 32, sha512: 64 };

/** Longest salt and key in bytes; real ones have 64 at most. */
const MOST_BYTES = 1024;

/** Throws {@link UnusableHash} if verifying a hash would cost more than is accepted, or if a parameter is out of its range. */
export function assertBounded(hash: ForeignHash): void {
  switch (hash.kind) {
    case 'bcrypt':
      return within('the bcrypt cost', Number(hash.hash.slice(4, 6)), 4, MOST.bcryptCost);
    case 'argon2':
      within('the argon2 passes', hash.passes, 1, MOST.argon2Passes);
      within('the argon2 lanes', hash.lanes, 1, MOST.argon2Lanes);
      within('the argon2 memory in KiB', hash.memoryKib, 8 * hash.lanes, MOST.argon2Kib);
      bytes('argon2', hash, 8, 4);
      return;
    case 'scrypt':
      assertScrypt(hash);
      bytes('scrypt', hash, 0, 16);
      return;
    case 'firebase':
      assertScrypt({ ...hash, parallelism: 1 });
      bytes('Firebase', hash, 1, 16);
      return;
    case 'pbkdf2':
      bytes('PBKDF2', hash, 0, 16);
      assertPbkdf2(hash);
      return;
    case 'sha-crypt':
      return within('the sha-crypt rounds', hash.rounds, 1000, MOST.shaCryptRounds);
    case 'wrapped':
      return within('the bcrypt cost', Number(hash.hash.slice(4, 6)), 4, MOST.bcryptCost);
  }
}

/** Each block of the key, as long as a digest, takes all iterations (RFC 8018 section 5.2). */
function assertPbkdf2({ iterations, digest, key }: Extract<ForeignHash, { kind: 'pbkdf2' }>): void {
  const blocks = Math.ceil(bytesIn(key) / DIGEST_BYTES[digest]);
  within('the PBKDF2 iterations', iterations, 1, Math.floor(MOST.pbkdf2Computed / blocks));
}

function assertScrypt(hash: { cost: number; blockSize: number; parallelism: number }): void {
  const { cost, blockSize, parallelism } = hash;
  if (!Number.isSafeInteger(cost) || cost < 2 || !Number.isInteger(Math.log2(cost)))
    throw new UnusableHash('the scrypt cost must be a power of two');
  within('the scrypt block size', blockSize, 1, 1024);
  within('the scrypt parallelism', parallelism, 1, MOST.scryptParallelism);
  within('the scrypt memory in bytes', 128 * cost * blockSize, 1, MOST.scryptBytes);
}

function bytes(name: string, hash: { salt: string; key: string }, leastSalt: number, leastKey: number): void {
  within(`the ${name} salt in bytes`, bytesIn(hash.salt), leastSalt, MOST_BYTES);
  within(`the ${name} key in bytes`, bytesIn(hash.key), leastKey, MOST_BYTES);
}

const bytesIn = (base64: string) => Buffer.from(base64, 'base64').length;

/** A bound that is no number admits nothing. */
function within(name: string, value: number, least: number, most: number): void {
  if (!Number.isSafeInteger(value) || !(value >= least && value <= most))
    throw new UnusableHash(`${name} must be from ${least} to ${most}`);
}
