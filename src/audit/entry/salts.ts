import { Injectable } from '@nestjs/common';
import { Randomness } from '../../platform/crypto/randomness.js';
import { SALT_BYTES } from './commitment.js';

/** Salts generated at a time, because the operating system's generator costs more per call than per byte. */
const AT_A_TIME = 256;

/**
 * Random salts, one for each part of an entry. They are stored with the entry and derived from nothing, so that
 * destroying one leaves no way to compute it again, and needing no database, they exist during an outage as well.
 */
@Injectable()
export class Salts {
  private pool: Buffer = Buffer.alloc(0);
  private at = 0;

  constructor(private readonly randomness: Randomness) {}

  next(): Buffer {
    if (this.at === this.pool.length) {
      this.pool = this.randomness.bytes(AT_A_TIME * SALT_BYTES);
      this.at = 0;
    }
    const salt = this.pool.subarray(this.at, this.at + SALT_BYTES);
    this.at += SALT_BYTES;
    return salt;
  }
}
