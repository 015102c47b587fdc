import { Injectable } from '@nestjs/common';
import { Clock } from '../clock/clock.js';
import { Randomness } from './randomness.js';

const UUID_PATTERN = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Returns whether a text is a UUID in its canonical lower-case form (RFC 9562 section 4). */
export function isUuid(text: string): boolean {
  return UUID_PATTERN.test(text);
}

/** Returns the 16 bytes of a canonical UUID. */
export function uuidToBytes(uuid: string): Buffer {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex');
}

/** Returns the canonical text of 16 bytes. */
export function uuidFromBytes(bytes: Buffer): string {
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}

/**
 * If the clock is set back by at most this much, ids keep their order. Beyond that, ids follow the clock, because their
 * time would otherwise stand still until the clock reaches it again (RFC 9562 section 6.2).
 */
const MAX_SETBACK_MS = 1000;
const POOLED_IDS = 256;
const RANDOM_DIGITS = 20;
const VARIANTS = '89ab';

/** Returns the time of a UUIDv7: its first 48 bits, in milliseconds (RFC 9562 section 5.7). */
export function timeOfUuid(id: string): Date {
  return new Date(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16));
}

/**
 * Creates UUIDv7 identifiers (RFC 9562 section 5.7) from the injected clock and randomness. A 12-bit counter in `rand_a`
 * (section 6.2, method 1) orders the ids of one millisecond, so a keyset cursor over ids follows the order of creation
 * within a process. Random bytes are drawn in blocks: one system call serves {@link POOLED_IDS} ids, and the common part
 * of a millisecond's ids is formatted once. This is not a library call because neither `uuid` nor `crypto.randomUUIDv7`
 * accepts a clock, and each request creates two ids: 0.2 µs each here, 0.5 µs there.
 */
@Injectable()
export class UuidV7 {
  private lastMs = 0;
  private timestamp = '';
  private counter = 0;
  private pool = '';
  private used = 0;

  constructor(
    private readonly clock: Clock,
    private readonly randomness: Randomness,
  ) {}

  next(): string {
    const random = this.randomDigits();
    const nowMs = this.clock.nowMs();
    if (nowMs > this.lastMs || this.lastMs - nowMs > MAX_SETBACK_MS)
      this.begin(nowMs, Number.parseInt(random.slice(0, 3), 16) & 0x3ff);
    else if (++this.counter > 0xfff) this.begin(this.lastMs + 1, 0);
    const counter = this.counter.toString(16).padStart(3, '0');
    const variant = VARIANTS[Number.parseInt(random[3]!, 16) & 3]!;
    return `${this.timestamp}-7${counter}-${variant}${random.slice(4, 7)}-${random.slice(7, 19)}`;
  }

  private begin(ms: number, counter: number): void {
    const digits = ms.toString(16).padStart(12, '0');
    this.timestamp = `${digits.slice(0, 8)}-${digits.slice(8)}`;
    this.lastMs = ms;
    this.counter = counter;
  }

  private randomDigits(): string {
    if (this.used === this.pool.length) {
      this.pool = this.randomness.bytes((POOLED_IDS * RANDOM_DIGITS) / 2).toString('hex');
      this.used = 0;
    }
    this.used += RANDOM_DIGITS;
    return this.pool.slice(this.used - RANDOM_DIGITS, this.used);
  }
}
