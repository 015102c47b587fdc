import { isRowAtFault } from '../../platform/database/row-at-fault.js';
import { PAGE } from './detection-resumption.js';

/** How often a page is tried before its entries are evaluated one by one, and then an entry before it is skipped. */
const ATTEMPTS = 3;

/**
 * Finds the entry of a page whose alert PostgreSQL refuses, so that it does not stop detection for good. Only refused values
 * count: while PostgreSQL is unavailable or refuses every statement, nothing is ever skipped.
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
    if (!isRowAtFault(error)) return;
    this.failures += 1;
    if (this.single > 0 || this.failures < ATTEMPTS) return;
    this.single = PAGE;
    this.failures = 0;
  }

  /**
   * Another instance evaluates or skips the next entries, so that the failures are not those of the entry after them.
   */
  forget(): void {
    this.failures = 0;
    this.single = 0;
  }

  /** The next page, or entry, was evaluated or skipped. */
  passed(): void {
    this.failures = 0;
    if (this.single > 0) this.single -= 1;
  }
}
