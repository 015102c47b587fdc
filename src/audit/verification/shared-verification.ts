import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { PlatformErrors } from '../../platform/errors/platform.errors.js';
import { Problem } from '../../platform/errors/problem.js';
import { AuditVerification, type Verification } from './audit-verification.js';
import { VerificationPace } from './pace.js';

/** Maximum number of ranges being verified or waiting. */
const MAX_WAITING = 10;

/**
 * Verifies on behalf of HTTP requests: one range at a time, and once for all concurrent requests for the same range.
 * Verification reads the whole trail, and sixty concurrent ones delayed other requests by more than a second.
 */
@Injectable()
export class SharedVerification implements OnModuleDestroy {
  private readonly flights = new Map<string, Promise<Verification>>();
  private readonly stopping = new AbortController();
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly verification: AuditVerification) {}

  /** Ends what is running and waiting, so that it does not delay the drain of the process. */
  onModuleDestroy(): void {
    this.stopping.abort(new Problem(PlatformErrors.dependency_unavailable, { retryAfterSeconds: 1 }));
  }

  /**
   * Returns the result for a range, possibly of a run that started earlier. Throws `overloaded` if too many ranges
   * wait, and `dependency_unavailable` if PostgreSQL is unavailable or the process stops.
   */
  async verify(range: { from?: Date; to?: Date }): Promise<Verification> {
    const key = `${range.from?.getTime()} ${range.to?.getTime()}`;
    const running = this.flights.get(key);
    if (running) return running;
    if (this.flights.size >= MAX_WAITING)
      throw new Problem(PlatformErrors.overloaded, { retryAfterSeconds: 15 });
    const flight = this.last
      .then(() =>
        this.verification.verify({ ...range, pace: new VerificationPace(), signal: this.stopping.signal }),
      )
      .finally(() => this.flights.delete(key));
    this.last = flight.catch(() => undefined);
    this.flights.set(key, flight);
    return flight;
  }
}
