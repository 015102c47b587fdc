import type { MetricObjectWithValues, MetricValue } from 'prom-client';

/** The figures of one worker at one moment. */
export type Figures = readonly Omit<MetricObjectWithValues<MetricValue<string>>, 'collect'>[];

/** From a worker to its supervisor: a request for the figures of all workers, or its own figures. */
export type FromWorker =
  | { readonly metrics: 'wanted'; readonly request: number }
  | { readonly metrics: 'given'; readonly round: number; readonly figures: Figures };

/** From the supervisor to a worker: a request for its figures, or the figures of all. */
export type FromSupervisor =
  | { readonly metrics: 'give'; readonly round: number }
  | { readonly metrics: 'gathered'; readonly request: number; readonly figures: readonly Figures[] };

/** Whether a message between processes is one of these; other things travel the same way. */
export function isAboutMetrics(message: unknown): message is { readonly metrics: string } {
  return typeof message === 'object' && message !== null && 'metrics' in message;
}
