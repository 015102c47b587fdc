import { setTimeout as delay } from 'node:timers/promises';
import type { Lineage } from './lineage.js';
import { removeTraces } from './traces.js';
import { Watchdog } from './watchdog.js';

/** Longest that requests in flight and open connections may delay the end, milliseconds. */
const STOP_MS = 2000;

/**
 * Ends this process, a throwaway service, with exit code 0 after SIGTERM, SIGINT or SIGHUP, or once a process of its lineage
 * has ended. Its folder and its database server are then removed; if it is killed, the watchdog removes them.
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
