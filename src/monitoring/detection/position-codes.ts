import { Injectable } from '@nestjs/common';
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

  ofCursor(cursor: Cursor): Buffer {
    return this.masterKey.mac('detection-position', cursorText(cursor));
  }

  ofSlot(slot: Slot): Buffer {
    return this.masterKey.mac('detection-position', slotText(slot));
  }

  checkCursor(found: Buffer | null, cursor: Cursor): Genuineness {
    return this.check(found, cursorText(cursor));
  }

  checkSlot(found: Buffer | null, slot: Slot): Genuineness {
    return this.check(found, slotText(slot));
  }

  /** Returns the id of the master secret that made the code of a row; null if there is none, or a wrong one. */
  madeWith(found: Buffer | null, row: Cursor | Slot): string | null {
    const text = 'startMs' in row ? slotText(row) : cursorText(row);
    return found && this.masterKey.idOfMac('detection-position', text, found);
  }

  private check(found: Buffer | null, text: string): Genuineness {
    if (found === null) return 'uncoded';
    return this.masterKey.isMac('detection-position', text, found) ? 'genuine' : 'forged';
  }
}

function cursorText({ position, entryId, entryTime }: Cursor): string {
  return JSON.stringify(['cursor', position, entryId, entryTime?.toISOString() ?? null]);
}

function slotText({ startMs, position, attempts, failures }: Slot): string {
  return JSON.stringify(['slot', startMs, position, attempts, failures]);
}
