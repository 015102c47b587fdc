import type { MetricObjectWithValues, MetricValue } from 'prom-client';

/** The figures of one worker at one moment. */
export type Figures = readonly Omit<MetricObjectWithValues<MetricValue<string>>, 'collect'>[];

/** What workers tell their supervisor: that somebody asks for the figures of all, or what their own figures are. */
export type FromWorker =
  | { readonly metrics: 'wanted'; readonly request: number }
  | { readonly metrics: 'given'; readonly round: number; readonly figures: Figures };

/** What the supervisor tells a worker: that it is to give its figures, or what those of all are. */
export type FromSupervisor =
  | { readonly metrics: 'give'; readonly round: number }
  | { readonly metrics: 'gathered'; readonly request: number; readonly figures: readonly Figures[] };

/** Whether a message between processes is one of these; other things travel the same way. */
export function isAboutMetrics(message: unknown): message is { readonly metrics: string } {
  return typeof message === 'object' && message !== null && 'metrics' in message;
}
