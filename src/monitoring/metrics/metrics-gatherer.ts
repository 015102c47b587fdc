import cluster, { type Worker } from 'node:cluster';
import { setTimeout as wait } from 'node:timers/promises';
import { AggregatorRegistry } from 'prom-client';
import { type Figures, type FromSupervisor, type FromWorker, isAboutMetrics } from './worker-messages.js';

/** How long to wait for a worker; one that hangs must not cost the figures of the others, milliseconds. */
const TIMEOUT_MS = 1_000;

/**
 * The supervisor's part in `/metrics`: whichever worker is asked, the response covers all of them. What a worker that
 * has died or hangs had counted by the last time stays in the sums, because a sum that falls is a restart to
 * Prometheus, which would count all of it once more. prom-client's own `clusterMetrics()` is not used: it forgets the
 * counts of a worker that died, and fails as a whole when one hangs; its aggregation is.
 */
export class MetricsGatherer {
  private readonly latest = new Map<number, Figures>();
  private readonly waiting = new Map<string, () => void>();
  private ofEnded: Figures = [];
  private rounds = 0;

  /** Listens to the workers for as long as the process lives. */
  start(): void {
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
      tell(worker, { metrics: 'gathered', request: message.request, figures: await this.gather() });
    }
  }

  private async gather(): Promise<Figures[]> {
    const round = ++this.rounds;
    const living = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
    const answered = new Set<number>();
    await Promise.all(
      living.map(async (worker) => (await this.ask(worker, round)) && answered.add(worker.id)),
    );
    const known = Array.from(this.latest, ([id, figures]) =>
      answered.has(id) ? figures : countsOf(figures),
    );
    return [...known, this.ofEnded];
  }

  /** Returns whether the worker gave its figures in time. */
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

/** A worker that is about to end may be gone already, and then only its reply is missing. */
function tell(worker: Worker, message: FromSupervisor): void {
  if (worker.isConnected()) worker.send(message, () => undefined);
}

/** Without what is true of a living process only. */
const countsOf = (figures: Figures) => figures.filter(({ type }) => String(type) !== 'gauge');

function sumOf(all: readonly Figures[]): Figures {
  const summed = AggregatorRegistry.aggregate(all as object[]).getMetricsAsArray() as unknown as Figures;
  return summed.map(({ help, name, type, values, aggregator }) => ({ help, name, type, values, aggregator }));
}
