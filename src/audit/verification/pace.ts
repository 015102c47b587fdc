import { setTimeout as wait } from 'node:timers/promises';

/** How a verification shares the process with other work. */
export interface Pace {
  /** Entries read at a time. */
  readonly pageSize: number;
  /** Resolves when the next slice may begin, after work that took as long as so many entries. */
  worked(entries: number): Promise<void>;
}

/** For a process that does nothing else. */
export const FULL_SPEED: Pace = { pageSize: 2000, worked: async () => undefined };

/** Entries between two rests: about 2 ms of work. */
const SLICE = 200;
/** Twice the time of a slice; milliseconds. */
const REST_MS = 5;

/**
 * For a process that answers requests: rests after every few milliseconds of work. A verification without rests takes turns of
 * 15 ms with everything else, and then all requests of a turn wait that long.
 */
export class RestingPace implements Pace {
  // Node.js reads a page in one turn of its event loop, too.
  readonly pageSize = 500;
  private sinceRest = 0;

  async worked(entries: number): Promise<void> {
    this.sinceRest += entries;
    if (this.sinceRest < SLICE) return;
    this.sinceRest = 0;
    await wait(REST_MS);
  }
}
