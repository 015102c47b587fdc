import { Logger } from '@nestjs/common';

/** How long a task rests, in milliseconds. */
export interface Rests {
  readonly pauseMs: number;
  /** After a failure; as after a success when it is not given. */
  readonly retryMs?: number;
}

/**
 * Work that repeats for as long as the process lives, one run at a time: at once while the work answers `true`
 * (there is more), else after a rest. A lasting failure is logged once, not at each run, and so is its end.
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

  /** Runs for the first time now. The timer alone does not keep the process alive. */
  start(): void {
    this.running ??= this.repeat();
  }

  /** Runs for the first time after a rest: for work that has just been done, or that no start should wait behind. */
  startDelayed(): void {
    this.running ??= this.rest().then(() => this.repeat());
  }

  /** Cuts the present rest short, or skips the next one. */
  wake(): void {
    this.woken = true;
    this.endRest();
  }

  /** Resolves when the run that is under way has ended; no other follows. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.endRest();
    await this.running;
  }

  /** Stops, and runs a last time for what has come in since. */
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
      if (this.failure !== null) this.logger.log('Works again.');
      this.failure = null;
      return more === true;
    } catch (error) {
      const failure = error instanceof Error ? error.message : String(error);
      if (failure !== this.failure) this.logger.warn(`Failed, and will be tried again: ${failure}`);
      this.failure = failure;
      return false;
    }
  }
}
