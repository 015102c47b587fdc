import { tracingChannel } from 'node:diagnostics_channel';

/** Name of the channel that tells of every statement of the service's pool, from its start to its outcome. */
export const STATEMENTS = 'portcullis:database:statement';

/** What the channel tells: the text, whose values are parameters and stay out of it. */
export interface StatementMessage {
  readonly text: string;
}

const channel = tracingChannel<StatementMessage, StatementMessage>(STATEMENTS);

/** Runs `ask` and tells the channel of it; without a listener, and for callbacks and cursors, it only runs `ask`. */
export function tellStatement<T>(parameters: readonly unknown[], ask: () => T): T {
  if (!channel.hasSubscribers) return ask();
  const text = textOf(parameters);
  return text === undefined ? ask() : (channel.tracePromise(ask as () => Promise<unknown>, { text }) as T);
}

/** The text of a statement that is answered by a promise. */
function textOf(parameters: readonly unknown[]): string | undefined {
  if (typeof parameters.at(-1) === 'function') return undefined;
  const [statement] = parameters;
  if (typeof statement === 'string') return statement;
  const { text, submit } = (statement ?? {}) as { text?: unknown; submit?: unknown };
  return typeof text === 'string' && submit === undefined ? text : undefined;
}
