import { QueryFailedError } from 'typeorm';
import { PAGE } from './detection-resumption.js';

/** How often a page is tried before its entries are evaluated one by one, and then an entry before it is skipped. */
const ATTEMPTS = 3;

/** The SQLSTATE classes of a statement whose values PostgreSQL does not accept: 22 data exception, 23 constraint violation. */
const VALUES_REFUSED = /^2[23]/;

/**
 * Finds the entry of a page that cannot be evaluated, so that it does not stop detection for good. Only failures that are
 * due to the entry count: while PostgreSQL is unavailable or refuses every statement, nothing is ever skipped.
 */
export class RefusedEntries {
  private failures = 0;
  /** How many entries are still to be evaluated one by one. */
  private single = 0;

  /** How many entries to evaluate together next. */
  get pageSize(): number {
    return this.single > 0 ? 1 : PAGE;
  }

  /** Whether the next entry has failed so often that it must be skipped. */
  get isSkipping(): boolean {
    return this.single > 0 && this.failures >= ATTEMPTS;
  }

  failed(error: unknown): void {
    if (!isDueToEntry(error)) return;
    this.failures += 1;
    if (this.single > 0 || this.failures < ATTEMPTS) return;
    this.single = PAGE;
    this.failures = 0;
  }

  /** The next page, or entry, was evaluated or skipped. */
  passed(): void {
    this.failures = 0;
    if (this.single > 0) this.single -= 1;
  }
}

function isDueToEntry(error: unknown): boolean {
  if (error instanceof TypeError || error instanceof RangeError) return true;
  return (
    error instanceof QueryFailedError &&
    VALUES_REFUSED.test((error.driverError as { code?: string }).code ?? '')
  );
}
