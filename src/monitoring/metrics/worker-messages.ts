import type { MetricObjectWithValues, MetricValue } from 'prom-client';

/** The metrics of one worker at one moment. */
export type WorkerMetrics = readonly Omit<MetricObjectWithValues<MetricValue<string>>, 'collect'>[];

/** The metric that says since when counts last: of several processes, since the start of the supervisor. */
export const START_TIME = 'process_start_time_seconds';

/** From a worker to its supervisor: a request for the metrics of all workers, or its own metrics. */
export type FromWorker =
  | { readonly metrics: 'wanted'; readonly request: number }
  | { readonly metrics: 'given'; readonly round: number; readonly figures: WorkerMetrics };

/**
 * From the supervisor to a worker: a request for its metrics, or those of all workers as Prometheus' text. The supervisor adds
 * them up and renders the text, because it serves no requests; this takes about 100 ms.
 */
export type FromSupervisor =
  | { readonly metrics: 'give'; readonly round: number }
  | { readonly metrics: 'gathered'; readonly request: number; readonly text: string };

/** Whether a message between processes is about metrics. Other messages use the same channel. */
export function isAboutMetrics(message: unknown): message is { readonly metrics: string } {
  return typeof message === 'object' && message !== null && 'metrics' in message;
}
