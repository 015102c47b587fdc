import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { FeedCursor } from '../../audit/feed/feed-cursor.js';
import { onDatabase } from '../../platform/database/database-problem.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { Slot } from './detection-run.js';
import { type Cursor, type Genuineness, PositionCodes } from './position-codes.js';

type Coded<T> = T & { readonly mac: Buffer | null };

/** The cursor as stored. */
export interface StoredCursor extends Cursor {
  readonly genuineness: Genuineness;
}

/** The authentic slots, the earliest first, and the number of forged ones. */
export interface KeptSlots {
  readonly slots: readonly Slot[];
  readonly forged: number;
}

/** All SQL statements on the stored state of detection. */
@Injectable()
export class DetectionRepository {
  constructor(
    private readonly dataSource: DataSource,
    private readonly codes: PositionCodes,
  ) {}

  /** Returns the cursor stored in PostgreSQL, and whether the service wrote it. */
  async cursor(): Promise<StoredCursor> {
    const { mac, ...cursor } = await this.cursorRow();
    return { ...cursor, genuineness: this.codes.checkCursor(mac, cursor) };
  }

  /** Returns the position up to which entries were evaluated, unless it is forged; 0 if there is none. */
  async evaluatedTo(): Promise<number> {
    const { position, genuineness } = await this.cursor();
    return position === null || genuineness === 'forged' ? 0 : FeedCursor.parse(position).position;
  }

  /**
   * @param uncoded whether to accept slots without a code, written by the previous version if it was the last to
   * write
   */
  async slots({ uncoded }: { readonly uncoded: boolean }): Promise<KeptSlots> {
    const rows = await this.slotRows();
    const slots = rows.flatMap(({ mac, ...slot }) => {
      const genuineness = this.codes.checkSlot(mac, slot);
      return genuineness === 'genuine' || (uncoded && genuineness === 'uncoded') ? [slot] : [];
    });
    return { slots, forged: rows.length - slots.length };
  }

  /** Moves the cursor. Returns false if it is no longer where this leader left it, because there is another leader. */
  async moveCursor(tx: Transaction, from: Cursor, to: Cursor): Promise<boolean> {
    const [, moved] = (await tx.query(
      `UPDATE monitoring_detection SET position = $2, entry_id = $3, entry_time = $4, mac = $5
       WHERE position IS NOT DISTINCT FROM $1`,
      [from.position, to.position, to.entryId, to.entryTime, this.codes.ofCursor(to)],
    )) as [unknown, number];
    return moved === 1;
  }

  /** Sets the cursor, wherever it is. Waits for a leader that is moving it. */
  async placeCursor(tx: Transaction, to: Cursor): Promise<void> {
    await tx.query(
      'UPDATE monitoring_detection SET position = $1, entry_id = $2, entry_time = $3, mac = $4',
      [to.position, to.entryId, to.entryTime, this.codes.ofCursor(to)],
    );
  }

  /** Writes the current slots, replacing stored slots of the same five minutes. */
  async saveSlots(tx: Transaction, slots: readonly Slot[]): Promise<void> {
    await tx.query(
      `INSERT INTO monitoring_detection_slot (slot, position, attempts, failures, mac)
       SELECT to_timestamp(start / 1000), position, attempts, failures, mac
       FROM unnest($1::float8[], $2::text[], $3::int[], $4::int[], $5::bytea[])
         AS written (start, position, attempts, failures, mac)
       ON CONFLICT (slot) DO UPDATE SET position = excluded.position, attempts = excluded.attempts,
         failures = excluded.failures, mac = excluded.mac`,
      [
        slots.map(({ startMs }) => startMs),
        slots.map(({ position }) => position),
        slots.map(({ attempts }) => attempts),
        slots.map(({ failures }) => failures),
        slots.map((slot) => this.codes.ofSlot(slot)),
      ],
    );
  }

  async deleteSlots(tx: Transaction): Promise<void> {
    await tx.query('DELETE FROM monitoring_detection_slot');
  }

  async deleteSlotsBefore(tx: Transaction, instant: Date): Promise<void> {
    await tx.query('DELETE FROM monitoring_detection_slot WHERE slot < $1', [instant]);
  }

  /** Returns how many rows have a code of a master secret. */
  async countMadeWith(keyId: string): Promise<number> {
    const rows = [await this.cursorRow(), ...(await this.slotRows())];
    return rows.filter(({ mac, ...row }) => this.codes.madeWith(mac, row) === keyId).length;
  }

  /** Gives the rows with a code of a master secret one of the current secret, unless a leader writes them meanwhile. */
  async rewrite(tx: Transaction, keyId: string): Promise<void> {
    const { mac: cursorMac, ...cursor } = await this.cursorRow(tx);
    if (this.codes.madeWith(cursorMac, cursor) === keyId) await this.moveCursor(tx, cursor, cursor);
    for (const { mac, ...slot } of await this.slotRows(tx)) {
      if (this.codes.madeWith(mac, slot) !== keyId) continue;
      await tx.query(
        'UPDATE monitoring_detection_slot SET mac = $3 WHERE slot = to_timestamp($1::float8 / 1000) AND mac = $2',
        [slot.startMs, mac, this.codes.ofSlot(slot)],
      );
    }
  }

  private async cursorRow(manager: Transaction = this.dataSource.manager): Promise<Coded<Cursor>> {
    const [row] = await onDatabase(() =>
      manager.query<[Coded<Cursor>]>(
        'SELECT position, entry_id AS "entryId", entry_time AS "entryTime", mac FROM monitoring_detection',
      ),
    );
    return row;
  }

  private async slotRows(manager: Transaction = this.dataSource.manager): Promise<Coded<Slot>[]> {
    const rows = await onDatabase(() =>
      manager.query<Coded<Omit<Slot, 'startMs'> & { slot: Date }>[]>(
        'SELECT slot, position, attempts, failures, mac FROM monitoring_detection_slot ORDER BY slot',
      ),
    );
    return rows.map(({ slot, ...row }) => ({ startMs: slot.getTime(), ...row }));
  }
}
