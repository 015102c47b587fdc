import bcrypt from 'bcrypt';
import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Environment } from '../../../platform/config/environment.js';
import { PasswordHasher } from './password-hasher.js';

const PEPPER = 'the pepper of this spec, of at least thirty-two bytes';
const hasherOf = (settings: Partial<Environment> = {}) =>
  new PasswordHasher(
    Object.assign(new Environment(), { BCRYPT_ROUNDS: 4, PASSWORD_PEPPER: PEPPER, ...settings }),
  );
const hasher = hasherOf();

describe('PasswordHasher', () => {
  it('stores bcrypt over base64 of HMAC-SHA-384 under the pepper', async () => {
    const hash = await hasher.hash('violet engines hum');
    expect(hash).toMatch(/^\$2b\$04\$[./A-Za-z0-9]{53}$/);
    const preHash = createHmac('sha384', PEPPER).update('violet engines hum').digest('base64');
    expect(await bcrypt.compare(preHash, hash)).toBe(true);
  });

  it('makes a hash that the database alone cannot verify', async () => {
    const hash = await hasher.hash('violet engines hum');
    expect(await bcrypt.compare('violet engines hum', hash)).toBe(false);
    const other = hasherOf({ PASSWORD_PEPPER: `${PEPPER}, but another one` });
    expect(await other.verify('violet engines hum', hash)).toBe(false);
  });

  it.each([
    ['beyond 72 bytes', 'x'.repeat(72)],
    ['beyond NUL', 'violet engines\0'],
    ['beyond 72 bytes of four-byte characters', '😀'.repeat(64)],
  ])('reads the whole password, also %s', async (_what, beginning) => {
    const hash = await hasher.hash(`${beginning}one`);
    expect(await hasher.verify(`${beginning}one`, hash)).toBe(true);
    expect(await hasher.verify(`${beginning}two`, hash)).toBe(false);
    expect(await hasher.verify(beginning, hash)).toBe(false);
  });

  it('keeps case, and takes composed and decomposed letters for the same', async () => {
    const hash = await hasher.hash('Café de la gare');
    expect(await hasher.verify('Cafe\u0301 de la gare', hash)).toBe(true);
    expect(await hasher.verify('café de la gare', hash)).toBe(false);
    expect(await hasher.verify('Cafe de la gare', hash)).toBe(false);
  });

  it('hashes also where there is no account, and is false then', async () => {
    const finished: unknown[] = [];
    hasher.completed.subscribe((timing) => finished.push(timing));
    expect(await hasher.verify('violet engines hum', null)).toBe(false);
    expect(finished).toHaveLength(1);
  });

  it('spends as long on nobody as on somebody', async () => {
    const real = hasherOf({ BCRYPT_ROUNDS: 10 });
    const hash = await real.hash('violet engines hum');
    // Processor time, of bcrypt's threads as well: the time on a clock grows with whatever else the machine does.
    const costOf = async (stored: string | null) => {
      const before = process.cpuUsage();
      for (let round = 0; round < 5; round += 1) await real.verify('violet engines hum!', stored);
      return process.cpuUsage(before).user;
    };
    const ratio = (await costOf(null)) / (await costOf(hash));
    expect(ratio).toBeGreaterThan(0.7);
    expect(ratio).toBeLessThan(1.4);
  });

  it('knows a hash of another cost, higher or lower', async () => {
    const dearer = hasherOf({ BCRYPT_ROUNDS: 5 });
    const hash = await hasher.hash('violet engines hum');
    expect(hasher.isOutdated(hash)).toBe(false);
    expect(dearer.isOutdated(hash)).toBe(true);
    expect(hasher.isOutdated(await dearer.hash('violet engines hum'))).toBe(true);
    expect(await dearer.verify('violet engines hum', hash)).toBe(true);
  });
});
