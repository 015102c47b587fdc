import { execFileSync } from 'node:child_process';
import { createGuardrails, generateSync } from 'otplib';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../../../test/support/time/manual-clock.js';
import { Environment } from '../../../../platform/config/environment.js';
import { SystemRandomness } from '../../../../platform/crypto/randomness.js';
import { isUsableSecret, TotpCodes } from './totp-codes.js';

/** The secret of RFC 6238 appendix B, "12345678901234567890", in base 32. */
const RFC_SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

/** The SHA-1 rows of RFC 6238 appendix B; the last six of their eight digits are the code of six digits. */
const VECTORS: [seconds: number, code: string][] = [
  [59, '94287082'],
  [1_111_111_109, '07081804'],
  [1_111_111_111, '14050471'],
  [1_234_567_890, '89005924'],
  [2_000_000_000, '69279037'],
  [20_000_000_000, '65353130'],
];

const at = (seconds: number) =>
  new TotpCodes(new SystemRandomness(), new Environment(), new ManualClock(seconds * 1000));

const hasOathtool = (() => {
  try {
    return execFileSync('oathtool', ['--version']).length > 0;
  } catch {
    return false;
  }
})();

describe('codes of authenticator apps', () => {
  it.each(VECTORS)('are those of RFC 6238 at %i s', (seconds, digits) => {
    expect(at(seconds).stepOf(RFC_SECRET, digits.slice(2), null)).toBe(Math.floor(seconds / 30));
  });

  it.skipIf(!hasOathtool && process.env.CI !== 'true')('are those of oathtool', () => {
    for (let n = 0; n < 20; n += 1) {
      const seconds = 1_700_000_000 + n * 12_345_678;
      const codes = at(seconds);
      const secret = codes.newSecret();
      const now = new Date(seconds * 1000).toISOString().replace('T', ' ').replace(/\..*/, ' UTC');
      const code = execFileSync('oathtool', ['--totp', '--base32', secret, '--now', now], {
        encoding: 'utf8',
      }).trim();
      expect(codes.stepOf(secret, code, null)).toBe(Math.floor(seconds / 30));
    }
  });

  it('are accepted one step early or late, and no more', () => {
    const [seconds, digits] = VECTORS[2]!;
    const code = digits.slice(2);
    const step = Math.floor(seconds / 30);
    const during = (n: number) => [n * 30, n * 30 + 29];
    for (const n of [step - 1, step, step + 1])
      for (const second of during(n)) expect(at(second).stepOf(RFC_SECRET, code, null)).toBe(step);
    for (const second of [...during(step - 2), ...during(step + 2)])
      expect(at(second).stepOf(RFC_SECRET, code, null)).toBeNull();
  });

  it('are refused once their step or a later one was used', () => {
    const [seconds, digits] = VECTORS[2]!;
    const code = digits.slice(2);
    const step = Math.floor(seconds / 30);
    expect(at(seconds).stepOf(RFC_SECRET, code, step - 1)).toBe(step);
    for (const used of [step, step + 1]) expect(at(seconds).stepOf(RFC_SECRET, code, used)).toBeNull();
  });

  it('may contain blanks and dashes, but nothing else', () => {
    for (const typed of ['050471', ' 050 471 ', '050-471', '0 5 0 4 7 1'])
      expect(at(1_111_111_111).stepOf(RFC_SECRET, typed, null)).not.toBeNull();
    for (const typed of ['', '05047', '0050471', '14050471', '05047a', '٠٥٠٤٧١', '+50471', '050471\u0000'])
      expect(at(1_111_111_111).stepOf(RFC_SECRET, typed, null)).toBeNull();
  });

  it('are checked with the secrets of 80 bits that older services gave out, and never with a shorter one', () => {
    const ofEighty = 'JBSWY3DPEHPK3PXP';
    const code = generateSync({
      secret: ofEighty,
      epoch: 59,
      guardrails: createGuardrails({ MIN_SECRET_BYTES: 10 }),
    });
    expect([isUsableSecret(ofEighty), at(59).stepOf(ofEighty, code, null)]).toEqual([true, 1]);
    expect(isUsableSecret(RFC_SECRET)).toBe(true);
  });

  it.each([
    ['of 64 bits', 'JBSWY3DPEHPK2'],
    ['of 520 bits', 'A'.repeat(104)],
    ['of a length that base 32 does not have', 'A'.repeat(17)],
    ['with bits beyond its last byte', `${'A'.repeat(25)}B`],
    ['in another alphabet', '0'.repeat(32)],
  ])('belong to no secret %s, which is refused without an error', (_name, secret) => {
    expect([isUsableSecret(secret), at(59).stepOf(secret, '287082', null)]).toEqual([false, null]);
  });

  it('come from a secret of 160 bits, named in a key URI and a QR code without external parts', () => {
    const codes = at(0);
    const secrets = Array.from({ length: 20 }, () => codes.newSecret());
    expect(new Set(secrets).size).toBe(20);
    for (const secret of secrets) expect(secret).toMatch(/^[A-Z2-7]{32}$/);
    const { uri, qrCode } = codes.setup(RFC_SECRET, 'ada+1@example.com');
    const { protocol, host, pathname, searchParams } = new URL(uri);
    expect([protocol, host, decodeURIComponent(pathname)]).toEqual([
      'otpauth:',
      'totp',
      '/Portcullis:ada+1@example.com',
    ]);
    expect(Object.fromEntries(searchParams)).toMatchObject({ secret: RFC_SECRET, issuer: 'Portcullis' });
    expect(qrCode).toMatch(/^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"[^]*<\/svg>$/);
    expect(qrCode).not.toMatch(/<script|href|url\(/);
  });
});
