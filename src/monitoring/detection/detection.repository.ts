import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { onDatabase } from '../../platform/database/database-problem.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { Slot } from './detection-run.js';

/** The last entry that detection has judged; all null before the first. */
export interface Cursor {
  readonly position: string | null;
  readonly entryId: string | null;
  readonly entryTime: Date | null;
}

interface SlotRow {
  slot: Date;
  position: string;
  attempts: number;
  failures: number;
}

/** Every statement over detection's own memory. */
@Injectable()
export class DetectionRepository {
  constructor(private readonly dataSource: DataSource) {}

  async cursor(): Promise<Cursor> {
    const [row] = (await onDatabase(() =>
      this.dataSource.query(
        'SELECT position, entry_id AS "entryId", entry_time AS "entryTime" FROM monitoring_detection',
      ),
    )) as Cursor[];
    return row!;
  }

  /** The slots that are kept, the earliest first. */
  async slots(): Promise<Slot[]> {
    const rows = (await onDatabase(() =>
      this.dataSource.query(
        'SELECT slot, position, attempts, failures FROM monitoring_detection_slot ORDER BY slot',
      ),
    )) as SlotRow[];
    return rows.map(({ slot, ...rest }) => ({ startMs: slot.getTime(), ...rest }));
  }

  /** Moves the cursor, and returns false when it is no longer where this leader left it: there is another one. */
  async moveCursor(tx: Transaction, from: Cursor, to: Cursor): Promise<boolean> {
    const [, moved] = (await tx.query(
      `UPDATE monitoring_detection SET position = $2, entry_id = $3, entry_time = $4
       WHERE position IS NOT DISTINCT FROM $1`,
      [from.position, to.position, to.entryId, to.entryTime],
    )) as [unknown, number];
    return moved === 1;
  }

  async addToSlots(tx: Transaction, slots: readonly Slot[]): Promise<void> {
    await tx.query(
      `INSERT INTO monitoring_detection_slot AS kept (slot, position, attempts, failures)
       SELECT to_timestamp(start / 1000), position, attempts, failures
       FROM unnest($1::float8[], $2::text[], $3::int[], $4::int[]) AS added (start, position, attempts, failures)
       ON CONFLICT (slot) DO UPDATE
       SET attempts = kept.attempts + excluded.attempts, failures = kept.failures + excluded.failures`,
      [
        slots.map(({ startMs }) => startMs),
        slots.map(({ position }) => position),
        slots.map(({ attempts }) => attempts),
        slots.map(({ failures }) => failures),
      ],
    );
  }

  async deleteSlotsBefore(tx: Transaction, instant: Date): Promise<void> {
    await tx.query('DELETE FROM monitoring_detection_slot WHERE slot < $1', [instant]);
  }
}
