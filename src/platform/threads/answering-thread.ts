import { Worker } from 'node:worker_threads';

/** What the thread receives. It answers with an {@link Answer} of the same id. */
export interface Question<Subject> {
  readonly id: number;
  readonly subject: Subject;
}

/** What the thread sends. */
export interface Answer<Result> {
  readonly id: number;
  readonly result: Result;
}

/** A thread that answers questions, in their order. It does not keep the process alive. */
export class AnsweringThread<Subject, Result> {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, (result: Result | null) => void>();
  private lastId = 0;
  private online = false;
  private fault: Error | null = null;

  /** Calls `onExit` when the thread has ended, with the error that ended it, if any; what it has not answered is then null. */
  constructor(
    file: URL,
    workerData: unknown,
    onExit: (thread: AnsweringThread<Subject, Result>, fault: Error | null) => void,
  ) {
    this.worker = new Worker(file, { workerData });
    this.worker.unref();
    this.worker.on('online', () => {
      this.online = true;
    });
    this.worker.on('message', ({ id, result }: Answer<Result>) => this.settle(id, result));
    // `exit` follows.
    this.worker.on('error', (fault: Error) => {
      this.fault = fault;
    });
    this.worker.on('exit', () => {
      this.online = false;
      for (const id of this.waiting.keys()) this.settle(id, null);
      onExit(this, this.fault);
    });
  }

  /** Whether the thread has started and has not ended. */
  get isReady(): boolean {
    return this.online;
  }

  /** The number of answers that it owes. */
  get queueLength(): number {
    return this.waiting.size;
  }

  /** Returns the answer; null if the thread ends before it. */
  ask(subject: Subject): Promise<Result | null> {
    const question: Question<Subject> = { id: ++this.lastId, subject };
    return new Promise((resolve) => {
      this.waiting.set(question.id, resolve);
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- A thread has no origin.
      this.worker.postMessage(question);
    });
  }

  async stop(): Promise<void> {
    await this.worker.terminate();
  }

  private settle(id: number, result: Result | null): void {
    this.waiting.get(id)?.(result);
    this.waiting.delete(id);
  }
}
