import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { KeyObject } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { Environment } from '../../platform/config/environment.js';
import { AnsweringThread } from '../../platform/threads/answering-thread.js';
import { threadFile } from '../../platform/threads/thread-file.js';
import { SIGNING_WORKER, type SigningTask } from './signing-worker.js';

/** How long idle threads are kept, milliseconds; each takes about 25 MB. */
const IDLE_MS = 30_000;

/** A thread that computes RSA signatures; null for one that could not be computed. */
type SigningThread = AnsweringThread<SigningTask, string | null>;

/**
 * Computes RSA signatures beside the main thread, because one takes 2 ms, during which no other request could proceed. The
 * threads are not those of libuv's pool, which compute password hashes and yield to all others.
 */
@Injectable()
export class SigningThreads implements OnApplicationShutdown {
  private readonly threads = new Set<SigningThread>();
  private readonly most: number;
  private idle: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(environment: Environment) {
    // One core is the main thread's.
    this.most = Math.max(1, Math.floor(availableParallelism() / environment.WEB_CONCURRENCY) - 1);
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.idle);
    await this.end();
  }

  /**
   * Returns the signature of RS256 in base64url. Null if no thread is ready or the thread fails: the caller then signs
   * itself. Threads are started when they are needed, so the first requests do not wait for one, and end when they are idle.
   */
  async sign(input: string, key: KeyObject): Promise<string | null> {
    const [thread] = [...this.threads]
      .filter(({ isReady }) => isReady)
      .sort((one, other) => one.queueLength - other.queueLength);
    if (!thread || thread.queueLength > 0) this.startAnother();
    this.postponeEnd();
    return thread ? thread.ask({ input, key }) : null;
  }

  /** A signature takes milliseconds, so that none is owed when the time is over. */
  private postponeEnd(): void {
    clearTimeout(this.idle);
    if (!this.stopped) this.idle = setTimeout(() => void this.end(), IDLE_MS).unref();
  }

  private async end(): Promise<void> {
    const ended = [...this.threads];
    this.threads.clear();
    await Promise.all(ended.map((thread) => thread.stop()));
  }

  private startAnother(): void {
    if (this.stopped || this.threads.size >= this.most) return;
    const file = threadFile('signing-worker', import.meta.url);
    this.threads.add(
      new AnsweringThread(file, SIGNING_WORKER, (ended: SigningThread) => this.threads.delete(ended)),
    );
  }
}
