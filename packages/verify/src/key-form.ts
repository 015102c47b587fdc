import { crc32 } from 'node:zlib';

const KEY = /^ptc_[us]_[0-9A-Za-z]{38}$/;

/** Base 62; the position of a digit is its value. */
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

const CHECKSUM_LENGTH = 6;

/** Whether a text has the form of an API key, and its checksum is right. Anyone can compute the checksum. */
export function isWellFormedKey(text: string): boolean {
  return KEY.test(text) && text.slice(-CHECKSUM_LENGTH) === checksumOf(text.slice(0, -CHECKSUM_LENGTH));
}

/** Whether a well-formed key is that of a person, and not of a service account. */
export function isKeyOfPerson(key: string): boolean {
  return key.startsWith('ptc_u_');
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
