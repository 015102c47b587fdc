import { Injectable } from '@nestjs/common';
import { PlatformErrors } from '../../platform/errors/platform.errors.js';
import { Problem } from '../../platform/errors/problem.js';
import { AuditVerification, type Verification } from './audit-verification.js';

/** Ranges that are verified or wait for it. */
const MAX_WAITING = 10;

/**
 * Verifies for those who ask over HTTP, one range at a time, and once for all who ask for the same range meanwhile: it
 * reads the whole trail, and sixty at once made other requests wait for more than a second.
 */
@Injectable()
export class SharedVerification {
  private readonly flights = new Map<string, Promise<Verification>>();
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly verification: AuditVerification) {}

  /**
   * The verdict on a range, maybe of a run that began before. Throws `overloaded` when too many ranges wait, and
   * `dependency_unavailable` when PostgreSQL is away.
   */
  async verify(range: { from?: Date; to?: Date }): Promise<Verification> {
    const key = `${range.from?.getTime()} ${range.to?.getTime()}`;
    const running = this.flights.get(key);
    if (running) return running;
    if (this.flights.size >= MAX_WAITING)
      throw new Problem(PlatformErrors.overloaded, { retryAfterSeconds: 15 });
    const flight = this.last
      .then(() => this.verification.verify(range))
      .finally(() => this.flights.delete(key));
    this.last = flight.catch(() => undefined);
    this.flights.set(key, flight);
    return flight;
  }
}
