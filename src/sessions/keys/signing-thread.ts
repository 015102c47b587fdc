import type { KeyObject } from 'node:crypto';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { SIGNING_WORKER, type SigningResult, type SigningTask } from './signing-worker.js';

/** One thread that computes RSA signatures, in the order of the requests. */
export class SigningThread {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, (signature: string | null) => void>();
  private lastId = 0;
  private online = false;

  /** Calls `onExit` when the thread has ended, for whatever reason; what it has not signed is then null. */
  constructor(onExit: (thread: SigningThread) => void) {
    const file = new URL(`./signing-worker${extname(import.meta.url)}`, import.meta.url);
    this.worker = new Worker(file, { workerData: SIGNING_WORKER });
    this.worker.unref();
    this.worker.on('online', () => {
      this.online = true;
    });
    this.worker.on('message', ({ id, signature }: SigningResult) => this.settle(id, signature));
    // `exit` follows.
    this.worker.on('error', () => undefined);
    this.worker.on('exit', () => {
      this.online = false;
      for (const id of this.waiting.keys()) this.settle(id, null);
      onExit(this);
    });
  }

  /** Whether the thread has started and has not ended. */
  get isReady(): boolean {
    return this.online;
  }

  /** The number of signatures that it owes. */
  get queueLength(): number {
    return this.waiting.size;
  }

  /** Returns a signature with RS256, in base64url; null if the thread could not compute it. */
  sign(input: string, key: KeyObject): Promise<string | null> {
    const task: SigningTask = { id: ++this.lastId, input, key };
    return new Promise((resolve) => {
      this.waiting.set(task.id, resolve);
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- A thread has no origin.
      this.worker.postMessage(task);
    });
  }

  async stop(): Promise<void> {
    await this.worker.terminate();
  }

  private settle(id: number, signature: string | null): void {
    this.waiting.get(id)?.(signature);
    this.waiting.delete(id);
  }
}
