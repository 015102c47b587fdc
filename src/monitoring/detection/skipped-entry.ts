import { Logger } from '@nestjs/common';

const logger = new Logger('Detection');

/** Says in the log that detection passed over an entry of the trail, whose id names it to an operator. */
export function logSkipped(entryId: string, error?: unknown): void {
  const cause = error instanceof Error ? error.stack : undefined;
  logger.error(`Detection skipped the entry ${entryId}: it cannot be evaluated`, cause);
}

/**
 * Evaluates an entry, or skips and logs it, and returns undefined. Rules depend on nothing but the trail, so what one of them
 * throws is due to the entry, and would be thrown at every further attempt.
 */
export function evaluatedOrSkipped<T>(entryId: string, evaluate: () => T): T | undefined {
  try {
    return evaluate();
  } catch (error) {
    logSkipped(entryId, error);
    return undefined;
  }
}
