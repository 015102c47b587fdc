import { WorkThrottle } from '../../platform/clock/work-throttle.js';

/** How a verification shares the process with other work. */
export interface Pace {
  /** Entries read at a time. */
  readonly pageSize: number;
  /** Resolves when the next slice may begin, after work that cost as much as this number of entries. */
  worked(entries: number): Promise<void>;
}

/** For a process that does nothing else. */
export const FULL_SPEED: Pace = { pageSize: 2000, worked: async () => undefined };

/** For a process that answers requests. */
export class VerificationPace extends WorkThrottle implements Pace {
  // Node.js reads a page in one turn of its event loop, too.
  readonly pageSize = 500;
}
