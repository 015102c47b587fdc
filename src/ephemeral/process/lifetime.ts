import { setTimeout as delay } from 'node:timers/promises';
import type { Lineage } from './lineage.js';
import { removeTraces } from './traces.js';
import { Watchdog } from './watchdog.js';

/** Longest that requests in flight and open connections may delay the end, milliseconds. */
const STOP_MS = 2000;

/**
 * The life of this process as a throwaway service: SIGTERM, SIGINT, SIGHUP and the end of a process of its lineage end it,
 * with exit code 0. Nothing of it is left then, and neither is anything if it was killed.
 */
export class Lifetime {
  private readonly steps: (() => Promise<unknown>)[] = [];
  private readonly watchdog: Watchdog;
  private ending = false;

  /** @param folder everything that the service stores; removed at the end */
  constructor(
    private readonly folder: string,
    lineage: Lineage,
  ) {
    this.watchdog = Watchdog.start(folder, lineage, () => void this.end(1));
    for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(name, () => void this.end(0));
  }

  /** Adds a step to the end, before those that were added earlier. */
  beforeEnd(step: () => Promise<unknown>): void {
    this.steps.unshift(step);
  }

  /** Ends the process. Steps that fail or take too long are passed over, since nothing has to be saved. */
  async end(exitCode: number): Promise<never> {
    if (!this.ending) {
      this.ending = true;
      await Promise.race([this.runSteps(), delay(STOP_MS)]);
      await this.watchdog.release();
      await removeTraces(this.folder);
      process.exit(exitCode);
    }
    // The first caller ends the process.
    return new Promise<never>(() => undefined);
  }

  private async runSteps(): Promise<void> {
    for (const step of this.steps) await step().catch(() => undefined);
  }
}
