import { Injectable, Logger } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { Environment } from '../../../platform/config/environment.js';

/** Timeout of the whole exchange, milliseconds. */
const TIMEOUT_MS = 1000;

/** Digits of the digest that are sent; each prefix matches hundreds of breached passwords. */
const PREFIX_DIGITS = 5;

/** The maximum size of a response, which normally has about 40 KiB. */
const MAX_BODY_BYTES = 256 * 1024;

const BODY = /^(?:[0-9A-F]{35}:\d+(?:\r?\n|$))*$/i;

/**
 * Queries a range service such as Have I Been Pwned for breached passwords. Only five digits of the SHA-1 are sent
 * (k-anonymity). If the service is unavailable or returns an unexpected response, passwords are accepted.
 */
@Injectable()
export class BreachedPasswords {
  private readonly logger = new Logger(BreachedPasswords.name);
  private readonly base: string | undefined;
  private isAway = false;

  constructor({ PASSWORD_BREACH_URL }: Environment) {
    this.base = PASSWORD_BREACH_URL?.replace(/\/$/, '');
  }

  /** Whether a password has been breached. False without `PASSWORD_BREACH_URL` or a usable response. Never throws. */
  async has(password: string): Promise<boolean> {
    if (this.base === undefined) return false;
    const digest = createHash('sha1').update(password.normalize('NFC')).digest('hex').toUpperCase();
    try {
      const range = await this.range(digest.slice(0, PREFIX_DIGITS));
      this.isAway = false;
      const [, count = '0'] = range.find(([suffix]) => suffix === digest.slice(PREFIX_DIGITS)) ?? [];
      // Entries that only pad the response have the count 0.
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

/** Returns the body as text; throws and closes the connection if it is too long. */
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
