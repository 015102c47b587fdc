import { Injectable, Logger } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { Environment } from '../../../platform/config/environment.js';

/** The whole exchange takes so long at most, milliseconds. */
const TIMEOUT_MS = 1000;

/** Digits of the digest that are sent out: each prefix matches hundreds of breached passwords. */
const PREFIX_DIGITS = 5;

/** A response has some 40 KiB; a longer one is not read to its end. */
const MAX_BODY_BYTES = 256 * 1024;

const BODY = /^(?:[0-9A-F]{35}:\d+(?:\r?\n|$))*$/i;

/**
 * Asks a range service, such as that of Have I Been Pwned, whether a password has been breached. It gets five digits
 * of the SHA-1 only (k-anonymity). While it is away or returns something else, passwords pass.
 */
@Injectable()
export class BreachedPasswords {
  private readonly logger = new Logger(BreachedPasswords.name);
  private readonly base: string | undefined;
  private isAway = false;

  constructor({ PASSWORD_BREACH_URL }: Environment) {
    this.base = PASSWORD_BREACH_URL?.replace(/\/$/, '');
  }

  /** False without `PASSWORD_BREACH_URL`, and whenever there is no usable response. Never throws. */
  async has(password: string): Promise<boolean> {
    if (this.base === undefined) return false;
    const digest = createHash('sha1').update(password.normalize('NFC')).digest('hex').toUpperCase();
    try {
      const range = await this.range(digest.slice(0, PREFIX_DIGITS));
      this.isAway = false;
      const [, count = '0'] = range.find(([suffix]) => suffix === digest.slice(PREFIX_DIGITS)) ?? [];
      // Padding has the count 0.
      return Number(count) > 0;
    } catch (error) {
      if (!this.isAway) this.logger.warn({ error: String(error) }, 'Passwords are not checked for breaches');
      this.isAway = true;
      return false;
    }
  }

  private async range(prefix: string): Promise<string[][]> {
    const response = await fetch(`${this.base}/${prefix}`, {
      headers: { 'add-padding': 'true', 'user-agent': 'Portcullis' },
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const body = await bounded(response);
    if (response.status !== 200) throw new Error(`The service returned ${response.status}.`);
    if (!BODY.test(body)) throw new Error('The response is not a list of digests.');
    return body.split(/\r?\n/).map((line) => line.toUpperCase().split(':'));
  }
}

/** The body as text; throws, and gives the connection up, when it is too long. */
async function bounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) throw new Error('The response is too long.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('latin1');
}
