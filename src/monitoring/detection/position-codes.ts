import { Injectable } from '@nestjs/common';
import { timingSafeEqual } from 'node:crypto';
import { MasterKey } from '../../platform/crypto/master-key.js';
import type { Slot } from './detection-run.js';

/** The last entry evaluated by detection; all null before the first. */
export interface Cursor {
  readonly position: string | null;
  readonly entryId: string | null;
  readonly entryTime: Date | null;
}

/** Whether a row has a valid code, no code (written by the previous version), or an invalid one. */
export type Genuineness = 'genuine' | 'uncoded' | 'forged';

/**
 * Authenticates the position of detection in PostgreSQL. An attacker who could change it would make detection skip
 * entries, and no metric would show a delay.
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

  /** Compares the code found in a row with the expected one. */
  check(found: Buffer | null, expected: Buffer): Genuineness {
    if (found === null) return 'uncoded';
    return found.length === expected.length && timingSafeEqual(found, expected) ? 'genuine' : 'forged';
  }

  private mac(members: readonly unknown[]): Buffer {
    return this.masterKey.mac('detection-position', JSON.stringify(members));
  }
}
