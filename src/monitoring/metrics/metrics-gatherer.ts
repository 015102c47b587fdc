import cluster, { type Worker } from 'node:cluster';
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';
import { AggregatorRegistry, Gauge } from 'prom-client';
import {
  type FromSupervisor,
  type FromWorker,
  isAboutMetrics,
  START_TIME,
  type WorkerMetrics,
} from './worker-messages.js';

/** How long to wait for a worker, in milliseconds. A worker that hangs must not delay the metrics of the others. */
const TIMEOUT_MS = 1_000;

/**
 * The supervisor's part of `/metrics`: the response covers all workers, whichever one receives the request. Counts of
 * a worker that has died or hangs stay in the sums, because Prometheus takes a sum that decreases for a restart and
 * would count everything again. prom-client's own `clusterMetrics()` is not used, because it forgets the counts of a
 * worker that died and fails entirely if one hangs. Its aggregation is used.
 */
export class MetricsGatherer {
  /** Counts of a worker outlive it, so with the start of a later worker all of them would look new. */
  private readonly ownStart = new Gauge({
    name: START_TIME,
    help: 'Start time of the process since unix epoch in seconds.',
    registers: [],
    aggregator: 'min',
  });
  private readonly latest = new Map<number, WorkerMetrics>();
  private readonly waiting = new Map<string, () => void>();
  private ofEnded: WorkerMetrics = [];
  private rounds = 0;

  /** Listens to the workers for the lifetime of the process. */
  start(): void {
    this.ownStart.set(Math.round(performance.timeOrigin / 1000));
    cluster.on('message', (worker, message: unknown) => {
      if (isAboutMetrics(message)) void this.receive(worker, message as FromWorker);
    });
    cluster.on('exit', (worker) => this.keepCounts(worker.id));
  }

  private async receive(worker: Worker, message: FromWorker): Promise<void> {
    if (message.metrics === 'given') {
      this.latest.set(worker.id, message.figures);
      this.waiting.get(`${message.round} ${worker.id}`)?.();
    } else {
      tell(worker, { metrics: 'gathered', request: message.request, text: await this.gather() });
    }
  }

  private async gather(): Promise<string> {
    const round = ++this.rounds;
    const living = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
    const answered = new Set<number>();
    await Promise.all(
      living.map(async (worker) => (await this.ask(worker, round)) && answered.add(worker.id)),
    );
    const known = Array.from(this.latest, ([id, figures]) =>
      answered.has(id) ? figures : countsOf(figures),
    );
    return textOf([...known, this.ofEnded, [await this.ownStart.get()]]);
  }

  /** Requests a worker's metrics. Returns whether they arrived in time. */
  private async ask(worker: Worker, round: number): Promise<boolean> {
    const key = `${round} ${worker.id}`;
    const given = new Promise<true>((resolve) => this.waiting.set(key, () => resolve(true)));
    tell(worker, { metrics: 'give', round });
    const inTime = await Promise.race([given, wait(TIMEOUT_MS, false)]);
    this.waiting.delete(key);
    return inTime;
  }

  private keepCounts(id: number): void {
    this.ofEnded = sumOf([this.ofEnded, countsOf(this.latest.get(id) ?? [])]);
    this.latest.delete(id);
  }
}

/** Ignores errors, because a worker that is shutting down may already have disconnected. */
function tell(worker: Worker, message: FromSupervisor): void {
  if (worker.isConnected()) worker.send(message, () => undefined);
}

/** Removes gauges, which apply only to a live process. */
const countsOf = (figures: WorkerMetrics) => figures.filter(({ type }) => String(type) !== 'gauge');

function sumOf(all: readonly WorkerMetrics[]): WorkerMetrics {
  const summed = aggregated(all).getMetricsAsArray() as unknown as WorkerMetrics;
  return summed.map(({ help, name, type, values, aggregator }) => ({ help, name, type, values, aggregator }));
}

/** One metric in each turn of the event loop, because this process hands every new connection to a worker. */
async function textOf(all: readonly WorkerMetrics[]): Promise<string> {
  const names = new Set(all.flatMap((figures) => figures.map(({ name }) => name)));
  const texts: string[] = [];
  for (const wanted of names) {
    const ofOne = all.map((figures) => figures.filter(({ name }) => name === wanted));
    texts.push(await aggregated(ofOne).metrics());
    await turn();
  }
  return texts.join('\n');
}

const aggregated = (all: readonly WorkerMetrics[]) => AggregatorRegistry.aggregate(all as object[]);
