import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { PlatformErrors } from '../../../platform/errors/platform.errors.js';
import { Problem } from '../../../platform/errors/problem.js';
import { threadFile } from '../../../platform/threads/thread-file.js';
import { ThreadOnDemand } from '../../../platform/threads/thread-on-demand.js';
import { type Estimate, STRENGTH_WORKER, type StrengthQuestion } from './strength-worker.js';

/** How long the idle thread keeps its dictionaries, milliseconds. */
const IDLE_MS = 30_000;

/** How many evaluations may wait; each takes about 20 ms. */
const MAX_WAITING = 100;

/**
 * Evaluates passwords in a thread of its own, because loading the dictionaries or a burst of registrations would otherwise block
 * all other requests. The first evaluation starts the thread, which a start and most operator commands never need.
 */
@Injectable()
export class StrengthEstimator implements OnApplicationShutdown {
  private readonly thread = new ThreadOnDemand<StrengthQuestion, boolean | Estimate>({
    file: threadFile('strength-worker', import.meta.url),
    workerData: STRENGTH_WORKER,
    idleMs: IDLE_MS,
    onFault: (fault) => this.logger.error(`The evaluation of a password failed: ${fault.message}`),
  });
  private readonly logger = new Logger(StrengthEstimator.name);

  /** Ends the thread, after the last request. */
  async onApplicationShutdown(): Promise<void> {
    await this.thread.stop();
  }

  /**
   * Whether one of these normalised texts is a breached password or a well-known phrase. Throws `overloaded` if too
   * many wait, and an Error if the thread fails.
   */
  async isListed(texts: readonly string[]): Promise<boolean> {
    return (await this.ask({ listed: texts })) as boolean;
  }

  /**
   * Estimates the strength of a text, to which the words of the context do not add. The time grows with the square of
   * the length. Throws as {@link isListed} does.
   */
  async estimate(text: string, context: readonly string[]): Promise<Estimate> {
    return (await this.ask({ text, context })) as Estimate;
  }

  private async ask(question: StrengthQuestion): Promise<boolean | Estimate> {
    if (this.thread.queueLength >= MAX_WAITING)
      throw new Problem(PlatformErrors.overloaded, { retryAfterSeconds: 2 });
    const answer = await this.thread.ask(question);
    if (answer === null) throw new Error('The thread that evaluates passwords has ended');
    return answer;
  }
}
