import { crc32 } from 'node:zlib';
import type { Randomness } from '../../platform/crypto/randomness.js';

/** Whose key it is: a person's, or a service account's. */
export type KeyKind = 'user' | 'service-account';

const PREFIXES: Readonly<Record<KeyKind, string>> = { user: 'ptc_u_', 'service-account': 'ptc_s_' };

/** Base 62; the position of a digit is its value. */
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** 190 random bits. */
const SECRET_LENGTH = 32;
const CHECKSUM_LENGTH = 6;
const HINT_LENGTH = 10;

/** The length of every key. */
export const KEY_LENGTH = PREFIXES.user.length + SECRET_LENGTH + CHECKSUM_LENGTH;

/** The largest multiple of 62 that a byte can hold; larger bytes are drawn again, so that every digit is equally likely. */
const FAIR_BYTES = 248;

/** The form of a key, as a regular expression that other programs can use too. The checksum must be verified in addition. */
export const KEY_PATTERN = String.raw`ptc_[us]_[0-9A-Za-z]{38}`;

const KEY = new RegExp(`^${KEY_PATTERN}$`);
const PREFIX = /^ptc_[us]_/;

/** Returns a new key: prefix, 32 random digits, and a checksum over both. */
export function newKey(kind: KeyKind, randomness: Randomness): string {
  let body = PREFIXES[kind];
  while (body.length < PREFIXES[kind].length + SECRET_LENGTH) {
    for (const byte of randomness.bytes(SECRET_LENGTH)) {
      if (byte < FAIR_BYTES && body.length < PREFIXES[kind].length + SECRET_LENGTH)
        body += DIGITS.charAt(byte % DIGITS.length);
    }
  }
  return body + checksumOf(body);
}

/** Returns whether a text begins like a key. */
export function beginsLikeKey(text: string): boolean {
  return PREFIX.test(text);
}

/** Returns whether a text has the form of a key and its checksum is right. A mistyped or made-up key has neither. */
export function isWellFormedKey(text: string): boolean {
  if (!KEY.test(text)) return false;
  const body = text.slice(0, -CHECKSUM_LENGTH);
  return text.slice(-CHECKSUM_LENGTH) === checksumOf(body);
}

/** Returns whose key a well-formed key is. */
export function kindOf(key: string): KeyKind {
  return key.startsWith(PREFIXES.user) ? 'user' : 'service-account';
}

/** Returns the beginning of a key, by which its owner recognises it; it is of no use to anybody else. */
export function hintOf(key: string): string {
  return key.slice(0, HINT_LENGTH);
}

/** CRC-32 as in zlib, over ASCII, in base 62 with leading zeros. */
function checksumOf(body: string): string {
  let rest = crc32(body);
  let digits = '';
  for (let n = 0; n < CHECKSUM_LENGTH; n += 1) {
    digits = DIGITS.charAt(rest % DIGITS.length) + digits;
    rest = Math.floor(rest / DIGITS.length);
  }
  return digits;
}
