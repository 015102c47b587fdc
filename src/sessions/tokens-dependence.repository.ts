import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { SecretInUse } from '../platform/crypto/secret-dependants.js';
import { Clock } from '../platform/clock/clock.js';
import { databaseTime } from '../platform/database/database-time.js';
import { onDatabase } from '../platform/database/database-problem.js';
import { liveSession } from './live-session.js';

/**
 * Counts tokens by the master secret that made them. Tokens are not stored, so the time of their creation decides; an
 * instance may have made some for a while after its last announcement.
 */
@Injectable()
export class TokensDependenceRepository {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
  ) {}

  /** Returns how many live sessions have a refresh token that a secret may have made. */
  async countSessions(secret: SecretInUse): Promise<number> {
    return this.count(
      secret,
      `SELECT count(*)::int AS count FROM sessions AS session
       WHERE ${liveSession(databaseTime(this.clock, 'now()'))} AND rotated_at BETWEEN $1 AND $2`,
    );
  }

  /** Returns how many known devices have a token that a secret may have made. */
  async countDevices(secret: SecretInUse): Promise<number> {
    return this.count(
      secret,
      `SELECT count(*)::int AS count FROM known_devices AS device WHERE last_login_at BETWEEN $1 AND $2
         AND NOT EXISTS (SELECT FROM sessions WHERE sessions.user_id = device.user_id
           AND sessions.device_id = device.device_id AND sessions.rotated_at > $2)`,
    );
  }

  private async count({ since, lastMadeAt }: SecretInUse, statement: string): Promise<number> {
    const [row] = await onDatabase(() =>
      this.dataSource.query<[{ count: number }]>(statement, [
        new Date(since.getTime() - MARGIN_MS),
        new Date(lastMadeAt.getTime() + MARGIN_MS),
      ]),
    );
    return row.count;
  }
}

/** More than the pause between two announcements. */
const MARGIN_MS = 30_000;
