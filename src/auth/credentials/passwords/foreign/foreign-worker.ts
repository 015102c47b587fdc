import { argon2d, argon2i, argon2id } from 'hash-wasm';
import { createCipheriv, hash as digestOf, pbkdf2Sync, scryptSync, timingSafeEqual } from 'node:crypto';
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import type { Answer, Question } from '../../../../platform/threads/answering-thread.js';
import type { ForeignHash } from './foreign-hash.js';

/*
 * A thread of its own: argon2 and sha-crypt keep a processor busy for up to seconds, without a pause. This file imports no
 * other one of the service, so that a thread can load it compiled and, in tests, as it is.
 */

/** What marks the thread's data, so that the file can be loaded elsewhere, too. */
export const FOREIGN_WORKER = 'foreign hashes';

/** A password to compare, in each spelling that may be right. */
export interface HashComparison {
  readonly spellings: readonly string[];
  readonly hash: ComputedHash;
}

/** Hashes that are computed here; bcrypt has a library with threads of its own. */
type ComputedHash = Exclude<ForeignHash, { kind: 'bcrypt' | 'wrapped' }>;

const ARGON2 = { argon2d, argon2i, argon2id };

/** Twice the memory of the parameters: OpenSSL counts its own working memory too. */
const MEMORY_SHARE = 256;

/** Whether a password has a hash. Takes up to several seconds, without a pause: call it in a worker. */
async function isForeignMatch(password: string, hash: ComputedHash): Promise<boolean> {
  const bytes = Buffer.from(password);
  if (hash.kind === 'sha-crypt')
    return isSame(Buffer.from(shaCrypt(bytes, hash)), Buffer.from(shaCryptKey(hash.hash)));
  const expected = Buffer.from(hash.key, 'base64');
  return isSame(await keyOf(bytes, hash, expected.length), expected);
}

async function keyOf(
  password: Buffer,
  hash: Exclude<ComputedHash, { kind: 'sha-crypt' }>,
  length: number,
): Promise<Buffer> {
  const salt = Buffer.from(hash.salt, 'base64');
  if (hash.kind === 'argon2') {
    const { memoryKib: memorySize, passes: iterations, lanes: parallelism, variant } = hash;
    const options = { password, salt, memorySize, iterations, parallelism, hashLength: length };
    return Buffer.from(await ARGON2[variant]({ ...options, outputType: 'binary' }));
  }
  if (hash.kind === 'pbkdf2') return pbkdf2Sync(password, salt, hash.iterations, length, hash.digest);
  const { cost, blockSize } = hash;
  if (hash.kind === 'scrypt')
    return scryptSync(password, salt, length, scryptOptions(cost, blockSize, hash.parallelism));
  const salted = Buffer.concat([salt, Buffer.from(hash.separator, 'base64')]);
  const key = scryptSync(password, salted, 32, scryptOptions(cost, blockSize, 1));
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  return Buffer.concat([cipher.update(Buffer.from(hash.signerKey, 'base64')), cipher.final()]);
}

const scryptOptions = (N: number, r: number, p: number) => ({
  N,
  r,
  p,
  maxmem: MEMORY_SHARE * N * r + MEMORY_SHARE * r * p,
});

function isSame(found: Buffer, expected: Buffer): boolean {
  return found.length === expected.length && timingSafeEqual(found, expected);
}

type Digest = 'sha256' | 'sha512';

const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** The order in which the final digest is encoded, three bytes to four characters; -1 stands for no byte. */
const ORDER: Readonly<Record<Digest, readonly number[]>> = {
  sha256: [
    0, 10, 20, 21, 1, 11, 12, 22, 2, 3, 13, 23, 24, 4, 14, 15, 25, 5, 6, 16, 26, 27, 7, 17, 18, 28, 8, 9, 19,
    29, -1, 31, 30,
  ],
  sha512: [
    0, 21, 42, 22, 43, 1, 44, 2, 23, 3, 24, 45, 25, 46, 4, 47, 5, 26, 6, 27, 48, 28, 49, 7, 50, 8, 29, 9, 30,
    51, 31, 52, 10, 53, 11, 32, 12, 33, 54, 34, 55, 13, 56, 14, 35, 15, 36, 57, 37, 58, 16, 59, 17, 38, 18,
    39, 60, 40, 61, 19, 62, 20, 41, -1, -1, 63,
  ],
};

const SPEC = /^\$[56]\$(?:rounds=\d+\$)?([^$]{0,16})\$([./A-Za-z0-9]+)$/;

/**
 * Computes the last part of a sha-crypt hash ("Unix crypt using SHA-256 and SHA-512", Ulrich Drepper, version 0.6), in the
 * steps and with the names of that specification. Synchronous; call it in a worker.
 */
function shaCrypt(
  password: Buffer,
  { digest, rounds, hash }: { digest: Digest; rounds: number; hash: string },
): string {
  const [, saltText = ''] = SPEC.exec(hash) ?? [];
  const salt = Buffer.from(saltText);
  const sum = (...parts: Buffer[]) => digestOf(digest, Buffer.concat(parts), 'buffer');
  const b = sum(password, salt, password);
  const parts = [password, salt, stretched(b, password.length)];
  for (let bits = password.length; bits > 0; bits >>= 1) parts.push(bits & 1 ? b : password);
  const a = sum(...parts);
  const p = stretched(sum(...Array<Buffer>(password.length).fill(password)), password.length);
  const s = stretched(sum(...Array<Buffer>(16 + a[0]!).fill(salt)), salt.length);
  let c = a;
  for (let round = 0; round < rounds; round += 1) {
    const members = [round % 2 ? p : c];
    if (round % 3) members.push(s);
    if (round % 7) members.push(p);
    members.push(round % 2 ? c : p);
    c = sum(...members);
  }
  return encoded(c, ORDER[digest]);
}

/** Returns the part of a sha-crypt hash that {@link shaCrypt} computes. */
function shaCryptKey(hash: string): string {
  return SPEC.exec(hash)?.[2] ?? '';
}

function stretched(block: Buffer, length: number): Buffer {
  const result = Buffer.alloc(length);
  for (let at = 0; at < length; at += block.length) block.copy(result, at);
  return result;
}

/** Encodes groups of three bytes, the most significant first, as the specification's `b64_from_24bit`. */
function encoded(bytes: Buffer, order: readonly number[]): string {
  let text = '';
  for (let at = 0; at < order.length; at += 3) {
    const group = order.slice(at, at + 3);
    let bits = group.reduce((sum, index) => (sum << 8) | (index < 0 ? 0 : bytes[index]!), 0);
    const length = 4 - group.filter((index) => index < 0).length;
    for (let n = 0; n < length; n += 1, bits >>= 6) text += ALPHABET[bits & 63];
  }
  return text;
}

/** The value of `nice` for this thread, as for those that compute bcrypt. */
const YIELDING = 10;

if (workerData === FOREIGN_WORKER) serve();

function serve(): void {
  try {
    // On Linux each thread has its own priority, and 0 is the calling thread; elsewhere it would be the process.
    if (process.platform === 'linux') setPriority(0, YIELDING);
  } catch {
    // A sandbox may forbid it; the priorities then stay equal.
  }
  parentPort!.on('message', ({ id, subject }: Question<HashComparison>) => {
    compare(subject).then(
      (isMatch) => answer(id, isMatch),
      () => answer(id, false),
    );
  });
}

function answer(id: number, result: boolean): void {
  const answered: Answer<boolean> = { id, result };
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- A thread has no origin.
  parentPort!.postMessage(answered);
}

async function compare({ spellings, hash }: HashComparison): Promise<boolean> {
  for (const password of spellings) if (await isForeignMatch(password, hash)) return true;
  return false;
}
