import { Injectable } from '@nestjs/common';
import { Clock } from '../clock/clock.js';
import { Randomness } from './randomness.js';

const UUID_PATTERN = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Whether a text is a UUID in its canonical lower-case form (RFC 9562 section 4). */
export function isUuid(text: string): boolean {
  return UUID_PATTERN.test(text);
}

/** The 16 bytes of a canonical UUID. */
export function uuidToBytes(uuid: string): Buffer {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex');
}

/** The canonical text of 16 bytes. */
export function uuidFromBytes(bytes: Buffer): string {
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}

const POOLED_IDS = 256;
const RANDOM_PER_ID = 10;

/**
 * Makes UUIDv7 identifiers (RFC 9562 section 5.7) from the injected clock and randomness; ids made in one
 * millisecond are ordered by a 12-bit counter in `rand_a` (section 6.2, method 1), so that a keyset cursor over
 * ids follows the order of creation within a process. Random bytes are drawn in blocks: one system call serves
 * {@link POOLED_IDS} ids.
 */
@Injectable()
export class UuidV7 {
  private lastMs = 0;
  private counter = 0;
  private pool: Buffer = Buffer.alloc(0);
  private used = 0;

  constructor(
    private readonly clock: Clock,
    private readonly randomness: Randomness,
  ) {}

  next(): string {
    return uuidFromBytes(this.bytes());
  }

  private bytes(): Buffer {
    if (this.used + RANDOM_PER_ID > this.pool.length) {
      this.pool = this.randomness.bytes(POOLED_IDS * RANDOM_PER_ID);
      this.used = 0;
    }
    const id = Buffer.allocUnsafe(16);
    this.pool.copy(id, 6, this.used, this.used + RANDOM_PER_ID);
    this.used += RANDOM_PER_ID;
    const nowMs = this.clock.nowMs();
    if (nowMs > this.lastMs) {
      this.lastMs = nowMs;
      this.counter = id.readUInt16BE(6) & 0x3ff;
    } else if (++this.counter > 0xfff) {
      this.lastMs += 1;
      this.counter = 0;
    }
    id.writeUIntBE(this.lastMs, 0, 6);
    id.writeUInt16BE(0x7000 | this.counter, 6);
    id.writeUInt8(0x80 | (id.readUInt8(8) & 0x3f), 8);
    return id;
  }
}
