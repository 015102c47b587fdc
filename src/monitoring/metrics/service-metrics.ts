import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import cluster from 'node:cluster';
import { setTimeout as wait } from 'node:timers/promises';
import { PlatformErrors } from '../../platform/errors/platform.errors.js';
import { Problem } from '../../platform/errors/problem.js';
import { Metrics } from './metrics.js';
import { type FromSupervisor, type FromWorker, isAboutMetrics } from './worker-messages.js';

/**
 * Longer than the supervisor waits for the slowest worker, and well below the usual scrape timeout of 10 s;
 * milliseconds.
 */
const TIMEOUT_MS = 3_000;

/**
 * The metrics of the whole service on this machine: those of this process, or, if several workers share a port, those
 * of all workers, because any of them may receive the scrape.
 */
@Injectable()
export class ServiceMetrics implements OnModuleInit, OnModuleDestroy {
  private readonly waiting = new Map<number, (text: string) => void>();
  private requests = 0;
  private readonly listener = (message: unknown) => {
    if (isAboutMetrics(message)) void this.receive(message as FromSupervisor);
  };

  constructor(private readonly metrics: Metrics) {}

  onModuleInit(): void {
    if (cluster.isWorker) process.on('message', this.listener);
  }

  onModuleDestroy(): void {
    process.off('message', this.listener);
  }

  /**
   * Returns the Prometheus text format. Throws `dependency_unavailable` instead of presenting partial figures as
   * complete.
   */
  async text(): Promise<string> {
    return cluster.isWorker ? this.ofAllWorkers() : this.metrics.registry.metrics();
  }

  private async ofAllWorkers(): Promise<string> {
    const request = ++this.requests;
    const answer = new Promise<string>((resolve) => this.waiting.set(request, resolve));
    tell({ metrics: 'wanted', request });
    const text = await Promise.race([answer, wait(TIMEOUT_MS, null, { ref: false })]);
    this.waiting.delete(request);
    if (text === null) throw new Problem(PlatformErrors.dependency_unavailable, { retryAfterSeconds: 1 });
    return text;
  }

  private async receive(message: FromSupervisor): Promise<void> {
    if (message.metrics === 'gathered') return this.waiting.get(message.request)?.(message.text);
    const figures = await this.metrics.registry.getMetricsAsJSON();
    tell({ metrics: 'given', round: message.round, figures });
  }
}

/** Ignores failures: workers end together with their supervisor. */
const tell = (message: FromWorker) => void process.send?.(message, undefined, undefined, () => undefined);
