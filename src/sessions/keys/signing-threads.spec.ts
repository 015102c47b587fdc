import { generateKeyPairSync, verify } from 'node:crypto';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { Environment } from '../../platform/config/environment.js';
import { SigningThreads } from './signing-threads.js';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 3072 });
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
const all: SigningThreads[] = [];

/** Threads of which one has started. */
async function readyThreads(): Promise<SigningThreads> {
  const threads = new SigningThreads(new Environment());
  all.push(threads);
  const isReady = async () => expect(await threads.sign('first', privateKey)).not.toBeNull();
  await vi.waitFor(isReady, { timeout: 15_000 });
  return threads;
}

const isSignature = (input: string, signature: string | null) =>
  verify('RSA-SHA256', Buffer.from(input), publicKey, Buffer.from(signature ?? '', 'base64url'));

describe('threads for signatures', () => {
  afterEach(async () => {
    await Promise.all(all.splice(0).map((threads) => threads.onApplicationShutdown()));
  });

  it('leave the first signatures to the caller, who need not wait for a thread to start', async () => {
    const threads = new SigningThreads(new Environment());
    all.push(threads);
    expect(await threads.sign('first', privateKey)).toBeNull();
  });

  it('sign each input for the one who asked', async () => {
    const threads = await readyThreads();
    const inputs = Array.from({ length: 50 }, (_, index) => `header.claims ${index}`);
    const signatures = await Promise.all(inputs.map((input) => threads.sign(input, privateKey)));
    expect(inputs.filter((input, index) => !isSignature(input, signatures[index]!))).toEqual([]);
    expect(new Set(signatures).size).toBe(50);
  });

  it('keep the main thread free', async () => {
    const threads = await readyThreads();
    let turns = 0;
    const turn = (): void => {
      turns += 1;
      next = setImmediate(turn);
    };
    let next = setImmediate(turn);
    await Promise.all(Array.from({ length: 100 }, () => threads.sign('header.claims', privateKey)));
    clearImmediate(next);
    // If it signed itself, no other callback would run before it has finished.
    expect(turns).toBeGreaterThan(50);
  });

  it('end when they have had nothing to sign for a while, and start again', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const threads = await readyThreads();
    vi.advanceTimersByTime(29_000);
    expect(await threads.sign('meanwhile', privateKey)).not.toBeNull();
    vi.advanceTimersByTime(29_000);
    expect(await threads.sign('meanwhile', privateKey)).not.toBeNull();
    vi.advanceTimersByTime(30_000);
    expect(await threads.sign('first of the next', privateKey)).toBeNull();
    const isReady = async () => expect(await threads.sign('next', privateKey)).not.toBeNull();
    await vi.waitFor(isReady, { timeout: 15_000 });
  });

  it('answer with null for a key that cannot sign, and go on', async () => {
    const threads = await readyThreads();
    expect(await threads.sign('header.claims', stranger)).toBeNull();
    expect(isSignature('next', await threads.sign('next', privateKey))).toBe(true);
  });

  it('leave what they owe to the caller when they are stopped', async () => {
    const threads = await readyThreads();
    const owed = Promise.all(Array.from({ length: 20 }, () => threads.sign('header.claims', privateKey)));
    await threads.onApplicationShutdown();
    expect((await owed).at(-1)).toBeNull();
    expect(await threads.sign('later', privateKey)).toBeNull();
  });
});
