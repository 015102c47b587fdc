import { Injectable } from '@nestjs/common';
import { DataSource, Not } from 'typeorm';
import { onDatabase } from '../../platform/database/database-problem.js';
import { prepared } from '../../platform/database/prepared-statements.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import { KnownDevice } from './known-device.entity.js';

/** Devices remembered per account. Each has its own count of guesses, so their number must be bounded. */
const MAX_DEVICES = 20;

const IS_KNOWN = prepared(
  'SELECT EXISTS (SELECT FROM known_devices WHERE user_id = $1 AND device_id = $2) AS known',
);

const REMEMBER = prepared(
  `WITH remembered AS (
     INSERT INTO known_devices (user_id, device_id, first_login_at, last_login_at) VALUES ($1, $2, $3, $3)
     ON CONFLICT (user_id, device_id) DO UPDATE SET last_login_at = excluded.last_login_at)
   DELETE FROM known_devices WHERE user_id = $1 AND device_id IN (
     SELECT device_id FROM known_devices WHERE user_id = $1 AND device_id <> $2
     ORDER BY last_login_at DESC, device_id OFFSET $4)
   RETURNING device_id`,
);

/** All SQL statements on the devices on which users have signed in. */
@Injectable()
export class KnownDevicesRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Whether a user has signed in on a device. */
  async isKnown(userId: string, deviceId: string): Promise<boolean> {
    const [row] = await onDatabase(() =>
      this.dataSource.query<[{ known: boolean }]>(IS_KNOWN, [userId, deviceId]),
    );
    return row.known;
  }

  /** The device of a session, or null if the user's account no longer remembers it. */
  async deviceOfSession(sessionId: string): Promise<string | null> {
    const rows = await onDatabase(() =>
      this.dataSource.query<{ device_id: string }[]>(
        `SELECT device_id FROM sessions JOIN known_devices USING (user_id, device_id) WHERE sessions.id = $1`,
        [sessionId],
      ),
    );
    return rows[0]?.device_id ?? null;
  }

  /** Returns the devices that a user's account remembers, those of the latest logins first. */
  async list(userId: string): Promise<KnownDevice[]> {
    return onDatabase(() =>
      this.dataSource.manager.find(KnownDevice, {
        where: { userId },
        order: { lastLoginAt: 'DESC', deviceId: 'ASC' },
      }),
    );
  }

  /** Remembers a login. Beyond 20 devices, those with the oldest logins are forgotten and returned. */
  async remember(tx: Transaction, userId: string, deviceId: string, at: Date): Promise<string[]> {
    const [forgotten]: [{ device_id: string }[], number] = await tx.query(REMEMBER, [
      userId,
      deviceId,
      at,
      MAX_DEVICES - 1,
    ]);
    return forgotten.map((row) => row.device_id);
  }

  /** Deletes the devices on which a user first signed in at or after `since`; returns their ids. */
  async forgetSince(tx: Transaction, userId: string, since: Date): Promise<string[]> {
    const [forgotten]: [{ device_id: string }[], number] = await tx.query(
      'DELETE FROM known_devices WHERE user_id = $1 AND first_login_at >= $2 RETURNING device_id',
      [userId, since],
    );
    return forgotten.map((row) => row.device_id);
  }

  /** Deletes one device of a user. */
  async forget(tx: Transaction, userId: string, deviceId: string): Promise<void> {
    await tx.delete(KnownDevice, { userId, deviceId });
  }

  /** Deletes every device of a user, or all but one. */
  async forgetAll(tx: Transaction, userId: string, except?: string): Promise<void> {
    await tx.delete(KnownDevice, { userId, ...(except !== undefined && { deviceId: Not(except) }) });
  }
}
