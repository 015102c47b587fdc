import { setTimeout as wait } from 'node:timers/promises';

/** Entries between two pauses: about 2 ms of work. */
const SLICE = 200;
/** As long as a slice; milliseconds. With longer pauses, a verification could fall behind a busy installation. */
const PAUSE_MS = 2;

/**
 * For long work in a process that answers requests: pauses after every few milliseconds of it. Without pauses,
 * such work takes turns of 15 ms with everything else, and then all requests of a turn wait that long.
 */
export class WorkThrottle {
  private sincePause = 0;

  /** Resolves when the next slice may begin, after work that took as long as so many entries of the trail. */
  async worked(entries: number): Promise<void> {
    this.sincePause += entries;
    if (this.sincePause < SLICE) return;
    this.sincePause = 0;
    await wait(PAUSE_MS);
  }
}
