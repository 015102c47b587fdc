import { Injectable } from '@nestjs/common';
import { Clock } from '../platform/clock/clock.js';
import { Environment } from '../platform/config/environment.js';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Session lifetimes: idle and absolute limit, both enforced by the server (ASVS 7.3). */
@Injectable()
export class SessionLifetimes {
  constructor(
    private readonly environment: Environment,
    private readonly clock: Clock,
  ) {}

  /** The lifetime of the access tokens that this instance issues; that of other instances may differ for a while. */
  get accessTokenSeconds(): number {
    return this.environment.JWT_ACCESS_TOKEN_EXPIRE_MINUTES * 60;
  }

  /** The times of a session that begins now. */
  beginning(): { now: Date; idleExpiresAt: Date; expiresAt: Date } {
    const now = this.clock.now();
    const expiresAt = new Date(now.getTime() + this.environment.SESSION_MAX_DAYS * DAY_MS);
    return { now, expiresAt, idleExpiresAt: this.idleLimit(now, expiresAt) };
  }

  /** The idle limit of a session that is used at `now`; never later than its absolute limit. */
  idleLimit(now: Date, expiresAt: Date): Date {
    return new Date(Math.min(this.idleEnd(now).getTime(), expiresAt.getTime()));
  }

  /** The idle limit of a session that is used at `now`, regardless of its absolute limit. */
  idleEnd(now: Date): Date {
    return new Date(now.getTime() + this.environment.JWT_REFRESH_TOKEN_EXPIRE_DAYS * DAY_MS);
  }
}
