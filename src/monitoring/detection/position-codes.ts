import { Injectable } from '@nestjs/common';
import { timingSafeEqual } from 'node:crypto';
import { MasterKey } from '../../platform/crypto/master-key.js';
import type { Slot } from './detection-run.js';

/** The last entry that detection has judged; all null before the first. */
export interface Cursor {
  readonly position: string | null;
  readonly entryId: string | null;
  readonly entryTime: Date | null;
}

/** Whether a row carries a right code, none (the previous version wrote it), or a wrong one. */
export type Genuineness = 'genuine' | 'uncoded' | 'forged';

/**
 * Authenticates the position of detection in PostgreSQL. An attacker who could move it would make detection skip entries,
 * and no metric would show a delay.
 */
@Injectable()
export class PositionCodes {
  constructor(private readonly masterKey: MasterKey) {}

  ofCursor({ position, entryId, entryTime }: Cursor): Buffer {
    return this.mac(['cursor', position, entryId, entryTime?.toISOString() ?? null]);
  }

  ofSlot({ startMs, position, attempts, failures }: Slot): Buffer {
    return this.mac(['slot', startMs, position, attempts, failures]);
  }

  /** Compares the code that a row carries with the one that it should carry. */
  check(found: Buffer | null, expected: Buffer): Genuineness {
    if (found === null) return 'uncoded';
    return found.length === expected.length && timingSafeEqual(found, expected) ? 'genuine' : 'forged';
  }

  private mac(members: readonly unknown[]): Buffer {
    return this.masterKey.mac('detection-position', JSON.stringify(members));
  }
}
