import { setTimeout as wait } from 'node:timers/promises';

/** Entries between two rests: about 2 ms of work. */
const SLICE = 200;
/** As long as a slice; milliseconds. With longer rests, a verification could fall behind a busy installation. */
const REST_MS = 2;

/**
 * For long work in a process that answers requests: rests after every few milliseconds of it. Without rests,
 * such work takes turns of 15 ms with everything else, and then all requests of a turn wait that long.
 */
export class RestingPace {
  private sinceRest = 0;

  /** Resolves when the next slice may begin, after work that took as long as so many entries of the trail. */
  async worked(entries: number): Promise<void> {
    this.sinceRest += entries;
    if (this.sinceRest < SLICE) return;
    this.sinceRest = 0;
    await wait(REST_MS);
  }
}
