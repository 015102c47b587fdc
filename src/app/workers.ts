import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { MetricsGatherer } from '../monitoring/metrics/metrics-gatherer.js';
import { EXIT_CONFIG } from '../platform/config/configuration-fault.js';
import type { Environment } from '../platform/config/environment.js';
import { StartInterrupted } from '../platform/database/advisory-lock.js';
import type { Fail } from './process.js';

/** Milliseconds before a dead worker is replaced, so that one that fails at once is not forked in a tight loop. */
const RESTART_DELAY_MS = 1000;

/**
 * Forks `WEB_CONCURRENCY` workers on one port and replaces those that die. Throws {@link WorkerFailed} if one of the first ends
 * before it listens, and {@link StartInterrupted} if it does so after the signal has arrived, which may reach all of them.
 * Calls `fail` if a worker that listened ends because of its configuration, since the others would end as well. Returns a
 * function that drains them all, and then throws {@link WorkerFailed} if one of them failed to drain.
 */
export async function superviseWorkers(
  environment: Environment,
  fail: Fail,
  interruption: AbortSignal,
): Promise<() => Promise<void>> {
  let stopping = false;
  // Metrics are sent between the processes, and JSON has no NaN.
  cluster.setupPrimary({ serialization: 'advanced' });
  new MetricsGatherer().start();
  const fork = () =>
    cluster.fork({
      DATABASE_URL: environment.DATABASE_URL,
      DATABASE_MIGRATION_URL: environment.DATABASE_MIGRATION_URL ?? '',
    });
  const served = new WeakSet<Worker>();
  cluster.on('listening', (worker) => served.add(worker));
  const workers = Array.from({ length: environment.WEB_CONCURRENCY }, fork);
  await Promise.all(workers.map(listening)).catch((error: unknown) => {
    throw interruption.aborted ? new StartInterrupted() : error;
  });
  const replace = (worker: Worker, code: number | null) => {
    // A replacement also ends with this code while PostgreSQL is unavailable, during which the others continue.
    if (code === EXIT_CONFIG && served.has(worker)) fail(new WorkerFailed({ code }, 'while it served'));
    else void wait(RESTART_DELAY_MS).then(() => !stopping && fork());
  };
  // A worker may have died after it listened, while another one was still starting.
  for (const worker of workers) if (worker.isDead()) replace(worker, worker.process.exitCode);
  cluster.on('exit', replace);
  return async () => {
    stopping = true;
    const living = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
    const drains = await Promise.allSettled(living.map(stopWorker));
    const failed = drains.find((drain) => drain.status === 'rejected');
    if (failed) throw failed.reason;
  };
}

/** Resolves when the worker listens; rejects if it exits before that. */
async function listening(worker: Worker): Promise<void> {
  const ended = exitOf(worker).then((exit) => {
    throw new WorkerFailed(exit, 'before it listened');
  });
  await Promise.race([once(worker, 'listening'), ended]);
  ended.catch(() => undefined);
}

async function stopWorker(worker: Worker): Promise<void> {
  const ended = exitOf(worker);
  worker.process.kill('SIGTERM');
  const exit = await ended;
  // A worker that has just been forked does not handle signals yet, and has nothing to drain.
  if (exit.signal === 'SIGTERM' || exit.signal === 'SIGINT' || exit.signal === 'SIGHUP') return;
  if (exit.code !== 0) throw new WorkerFailed(exit, 'while it drained');
}

/** How a worker ended: by itself, or by a signal. */
interface WorkerExit {
  readonly code: number | null;
  readonly signal?: NodeJS.Signals | null;
}

async function exitOf(worker: Worker): Promise<WorkerExit> {
  const [code, signal] = (await once(worker, 'exit')) as [number | null, NodeJS.Signals | null];
  return { code, signal };
}

/** When a worker ended that should not have. */
type Moment = 'before it listened' | 'while it served' | 'while it drained';

/** A worker failed to start or to drain, or ended because of its configuration; its own output gives the reason. */
export class WorkerFailed extends Error {
  /** That of the worker; 1 if a signal ended it. */
  readonly exitCode: number;

  constructor({ code, signal }: WorkerExit, moment: Moment) {
    super(`A worker ${signal ? `was ended by ${signal}` : `exited with code ${code}`} ${moment}`);
    this.name = 'WorkerFailed';
    this.exitCode = code ?? 1;
  }
}
