import 'reflect-metadata';
import cluster from 'node:cluster';
import { flushCompileCache } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import { failureOf, writeFailure } from './app/failure.js';
import { serve } from './app/process.js';
import { superviseWorkers } from './app/workers.js';
import { SuppliedKey } from './sessions/keys/supplied-key.js';
import { suppliedPlaces } from './monitoring/places/geoip-database.js';
import { readGateRules } from './gateway/rules/gate-rules.js';
import { choosePort } from './platform/config/choose-port.js';
import { loadEnvironment } from './platform/config/load-environment.js';
import { assertWritableFolder } from './platform/config/usable-files.js';
import { prepareDatabase } from './app/prepare-database.js';

/** One Ctrl-C arrives several times: from the terminal, from npm and, in a worker, from its supervisor; milliseconds. */
const DUPLICATE_SIGNAL_MS = 1000;

// Handled from the start: a signal during startup must not leave the embedded database running.
const interruption = new AbortController();
let drained: Promise<void> | undefined;
const started = start();
drainOnSignal(drain);
started.then(limitHeapGrowth, (error: unknown) => process.exit(writeFailure(failureOf(error))));

/** Starts this process as a worker, the supervisor of workers, or the whole service. Returns the function that stops it. */
async function start(): Promise<() => Promise<void>> {
  const environment = loadEnvironment();
  if (cluster.isWorker) return serve(environment, fail);
  await choosePort(environment);
  assertWritableFolder('DATA_DIR', environment.DATA_DIR);
  // They are read again where they are used; reading them here reports a fault before a database is started.
  void new SuppliedKey(environment);
  suppliedPlaces(environment);
  await readGateRules(environment);
  const database = await prepareDatabase(environment, interruption.signal);
  try {
    const stop = await (environment.WEB_CONCURRENCY > 1
      ? superviseWorkers(database.environment, fail, interruption.signal)
      : serve(database.environment, fail));
    return async () => {
      try {
        await stop();
      } finally {
        await database.stop();
      }
    };
  } catch (error) {
    await database.stop();
    throw error;
  }
}

/**
 * By default, V8 lets the heap at least double before it collects garbage: 100 MB of records that have already been written.
 * This begins when the service is ready, because a small heap that grows by half is collected all the time, and because
 * V8 compiles Node.js's own modules again, and rejects cached code, if a flag has changed since the code was cached. The
 * size of the young generation can be set only on the command line; see `npm start`.
 */
function limitHeapGrowth(): void {
  flushCompileCache();
  setFlagsFromString('--heap-growing-percent=50');
}

/** Stops what was started, once. */
async function drain(): Promise<void> {
  drained ??= started.then((stop) => stop());
  return drained;
}

/** Ends a running service as a failed start would, but drains it first. */
function fail(reason: unknown): void {
  if (drained) return;
  const exitCode = writeFailure(failureOf(reason));
  const end = () => process.exit(exitCode);
  drain().then(end, end);
}

/**
 * The first signal drains and exits with 0, or with the code of the failure; a later one exits immediately. Not a worker: its
 * supervisor may send the second one, a while after the terminal sent the first, and its workers end with it.
 */
function drainOnSignal(stop: () => Promise<void>): void {
  let firstMs: number | undefined;
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      const nowMs = performance.now();
      if (firstMs !== undefined) {
        if (nowMs - firstMs > DUPLICATE_SIGNAL_MS && cluster.isPrimary) process.exit(1);
        return;
      }
      firstMs = nowMs;
      interruption.abort();
      stop().then(
        () => process.exit(0),
        (error: unknown) => process.exit(writeFailure(failureOf(error))),
      );
    });
  }
}
