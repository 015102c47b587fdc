import { Logger } from '@nestjs/common';

/** The longest first pause of a task that starts with one, so that processes that live for less than an interval run it, too. */
const MAX_FIRST_PAUSE_MS = 60_000;

/** Pauses between the runs of a task. */
export interface TaskPauses {
  /** Milliseconds after a success; null for work that runs only when it is woken. */
  readonly pauseMs: number | null;
  /** Milliseconds after a failure; `pauseMs` by default. */
  readonly retryMs?: number;
}

/**
 * Work that repeats as long as the process lives, one run at a time. The next run starts at once if the work returns
 * `true` (there is more), otherwise after a pause. A lasting failure is logged once when it starts and once when it ends.
 */
export class RepeatingTask {
  private static readonly alive = new Set<RepeatingTask>();

  private readonly logger: Logger;
  private running: Promise<void> | null = null;
  private stopped = false;
  private woken = false;
  private endPause: () => void = () => undefined;
  private failure: string | null = null;
  private isAtWork = false;
  private readonly onRunEnded: (() => void)[] = [];

  constructor(
    name: string,
    private readonly work: () => Promise<boolean | void>,
    private readonly pauses: TaskPauses,
  ) {
    this.logger = new Logger(name);
  }

  /** Starts the first run now. The timer does not keep the process alive. */
  start(): void {
    RepeatingTask.alive.add(this);
    this.running ??= this.repeat();
  }

  /**
   * Starts with a pause, of a minute at most, for work that was just done, must not delay the start, or runs only when it is
   * woken.
   */
  startWithPause(): void {
    RepeatingTask.alive.add(this);
    this.running ??= this.pause(MAX_FIRST_PAUSE_MS).then(() => this.repeat());
  }

  /**
   * Runs every task of this process once, from now on, for a clock that was moved; resolves when all have ended their run. They
   * run one after another, because together they would take every connection to PostgreSQL and wait for each other's.
   */
  static async runAll(): Promise<void> {
    const tasks = [...RepeatingTask.alive];
    for (const task of tasks) await task.runNow();
  }

  /** Ends the current pause early, or skips the next one. */
  wake(): void {
    this.woken = true;
    this.endPause();
  }

  /** Stops the task; resolves when the current run has ended. */
  async stop(): Promise<void> {
    RepeatingTask.alive.delete(this);
    this.stopped = true;
    this.endPause();
    await this.running;
    this.reportRunEnded();
  }

  /** Stops the task, then runs it once more for work that has arrived since. */
  async finish(): Promise<void> {
    await this.stop();
    await this.once();
  }

  /** A run that is under way may have read the time already, so that the one after it counts. */
  private async runNow(): Promise<void> {
    for (let runs = this.isAtWork ? 2 : 1; runs > 0 && !this.stopped; runs -= 1) {
      const ended = new Promise<void>((resolve) => this.onRunEnded.push(resolve));
      this.wake();
      await ended;
    }
  }

  private async repeat(): Promise<void> {
    while (!this.stopped) {
      this.woken = false;
      this.isAtWork = true;
      const more = await this.once();
      this.isAtWork = false;
      this.reportRunEnded();
      if (!more) await this.pause();
    }
  }

  private reportRunEnded(): void {
    for (const report of this.onRunEnded.splice(0)) report();
  }

  private async pause(maxMs = Number.POSITIVE_INFINITY): Promise<void> {
    if (this.stopped || this.woken) return;
    const { pauseMs, retryMs = pauseMs } = this.pauses;
    const waitMs = this.failure === null ? pauseMs : retryMs;
    await new Promise<void>((resolve) => {
      const timer = waitMs === null ? undefined : setTimeout(resolve, Math.min(waitMs, maxMs)).unref();
      this.endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.endPause = () => undefined;
  }

  private async once(): Promise<boolean> {
    try {
      const more = await this.work();
      if (this.failure !== null) this.logger.log('Recovered');
      this.failure = null;
      return more === true;
    } catch (error) {
      const failure = error instanceof Error ? error.message : String(error);
      if (failure !== this.failure) this.logger.warn(`Failed, will be retried: ${failure}`);
      this.failure = failure;
      return false;
    }
  }
}
