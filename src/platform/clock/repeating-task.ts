import { Logger } from '@nestjs/common';

/** Pauses between the runs of a task. */
export interface Rests {
  /** Milliseconds after a success. */
  readonly pauseMs: number;
  /** Milliseconds after a failure; `pauseMs` by default. */
  readonly retryMs?: number;
}

/**
 * Work that repeats as long as the process lives, one run at a time. The next run starts at once if the work returns
 * `true` (there is more), otherwise after a pause. A lasting failure is logged once when it starts and once when it ends.
 */
export class RepeatingTask {
  private readonly logger: Logger;
  private running: Promise<void> | null = null;
  private stopped = false;
  private woken = false;
  private endRest: () => void = () => undefined;
  private failure: string | null = null;

  constructor(
    name: string,
    private readonly work: () => Promise<boolean | void>,
    private readonly rests: Rests,
  ) {
    this.logger = new Logger(name);
  }

  /** Starts the first run now. The timer does not keep the process alive. */
  start(): void {
    this.running ??= this.repeat();
  }

  /** Starts the first run after a pause, for work that was just done or must not delay the start. */
  startDelayed(): void {
    this.running ??= this.rest().then(() => this.repeat());
  }

  /** Ends the current pause early, or skips the next one. */
  wake(): void {
    this.woken = true;
    this.endRest();
  }

  /** Stops the task; resolves when the current run has ended. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.endRest();
    await this.running;
  }

  /** Stops the task, then runs it once more for work that has arrived since. */
  async finish(): Promise<void> {
    await this.stop();
    await this.once();
  }

  private async repeat(): Promise<void> {
    while (!this.stopped) {
      this.woken = false;
      if (!(await this.once())) await this.rest();
    }
  }

  private async rest(): Promise<void> {
    if (this.stopped || this.woken) return;
    const { pauseMs, retryMs = pauseMs } = this.rests;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.failure === null ? pauseMs : retryMs).unref();
      this.endRest = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.endRest = () => undefined;
  }

  private async once(): Promise<boolean> {
    try {
      const more = await this.work();
      if (this.failure !== null) this.logger.log('Recovered');
      this.failure = null;
      return more === true;
    } catch (error) {
      const failure = error instanceof Error ? error.message : String(error);
      if (failure !== this.failure) this.logger.warn(`Failed, retrying: ${failure}`);
      this.failure = failure;
      return false;
    }
  }
}
