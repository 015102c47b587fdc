import { AnsweringThread } from './answering-thread.js';

/** How a {@link ThreadOnDemand} is started and ended. */
export interface ThreadSettings {
  readonly file: URL;
  readonly workerData: unknown;
  /** How long an idle thread is kept, milliseconds. */
  readonly idleMs: number;
  /** Is called when an error has ended the thread, for example for want of memory. */
  readonly onFault: (fault: Error) => void;
}

/** A thread that the first question starts, and that ends, and with it its memory, when there has been none for a while. */
export class ThreadOnDemand<Subject, Result> {
  private thread: AnsweringThread<Subject, Result> | null = null;
  private idle: NodeJS.Timeout | undefined;

  constructor(private readonly settings: ThreadSettings) {}

  /** The number of answers that it owes. */
  get queueLength(): number {
    return this.thread?.queueLength ?? 0;
  }

  /** Returns the answer; null if the thread ends before it. The next question then starts another one. */
  async ask(subject: Subject): Promise<Result | null> {
    clearTimeout(this.idle);
    const thread = (this.thread ??= this.start());
    const result = await thread.ask(subject);
    if (thread.queueLength === 0) {
      clearTimeout(this.idle);
      this.idle = setTimeout(() => void this.stop(), this.settings.idleMs).unref();
    }
    return result;
  }

  async stop(): Promise<void> {
    clearTimeout(this.idle);
    const { thread } = this;
    this.thread = null;
    await thread?.stop();
  }

  private start(): AnsweringThread<Subject, Result> {
    const { file, workerData, onFault } = this.settings;
    return new AnsweringThread<Subject, Result>(file, workerData, (ended, fault) => {
      if (this.thread === ended) this.thread = null;
      if (fault) onFault(fault);
    });
  }
}
