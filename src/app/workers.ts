import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { MetricsGatherer } from '../monitoring/metrics/metrics-gatherer.js';
import { EXIT_CONFIG } from '../platform/config/configuration-fault.js';
import type { Environment } from '../platform/config/environment.js';
import type { Fail } from './process.js';

/** Milliseconds before a dead worker is replaced, so that one that fails at once is not forked in a tight loop. */
const RESTART_DELAY_MS = 1000;

/**
 * Forks `WEB_CONCURRENCY` workers on one port and replaces those that die; returns a function that drains them all. Calls
 * `fail` if the configuration is the reason why a worker ended, because another one would end as well.
 */
export async function superviseWorkers(environment: Environment, fail: Fail): Promise<() => Promise<void>> {
  let stopping = false;
  // Metrics are sent between the processes, and JSON has no NaN.
  cluster.setupPrimary({ serialization: 'advanced' });
  new MetricsGatherer().start();
  const fork = () =>
    cluster.fork({
      DATABASE_URL: environment.DATABASE_URL,
      DATABASE_MIGRATION_URL: environment.DATABASE_MIGRATION_URL ?? '',
    });
  const workers = Array.from({ length: environment.WEB_CONCURRENCY }, fork);
  await Promise.all(workers.map(listening));
  const replace = () => void wait(RESTART_DELAY_MS).then(() => !stopping && fork());
  // A worker may have died after it listened, while another one was still starting.
  for (const worker of workers) if (worker.isDead()) replace();
  cluster.on('exit', (_worker, code: number | null) => {
    if (code === EXIT_CONFIG) fail(new WorkerFailed(code));
    else replace();
  });
  return async () => {
    stopping = true;
    const living = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
    await Promise.all(living.map(stopWorker));
  };
}

/** Resolves when the worker listens; rejects if it exits before that. */
async function listening(worker: Worker): Promise<void> {
  const ended = once(worker, 'exit').then(([code]) => {
    throw new WorkerFailed(Number(code ?? 1));
  });
  await Promise.race([once(worker, 'listening'), ended]);
  ended.catch(() => undefined);
}

async function stopWorker(worker: Worker): Promise<void> {
  const ended = once(worker, 'exit');
  worker.process.kill('SIGTERM');
  await ended;
}

/** A worker exited before it listened, or because of its configuration; its own output gives the reason. */
export class WorkerFailed extends Error {
  constructor(readonly exitCode: number) {
    super(`A worker exited with code ${exitCode}`);
    this.name = 'WorkerFailed';
  }
}
