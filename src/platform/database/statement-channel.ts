import { tracingChannel } from 'node:diagnostics_channel';

/** Name of the channel that reports every statement of the service's pool from its start to its outcome. */
export const STATEMENTS = 'portcullis:database:statement';

/** The channel's message: the text of a statement, without its values, which are parameters. */
export interface StatementMessage {
  readonly text: string;
}

const channel = tracingChannel<StatementMessage, StatementMessage>(STATEMENTS);

/**
 * Runs `ask` and reports it to the channel. Without a subscriber, and for callbacks and cursors, it only runs `ask`.
 */
export function publishStatement<T>(parameters: readonly unknown[], ask: () => T): T {
  if (!channel.hasSubscribers) return ask();
  const text = textOf(parameters);
  return text === undefined ? ask() : (channel.tracePromise(ask as () => Promise<unknown>, { text }) as T);
}

/** Returns the text of a statement that returns a promise; otherwise undefined. */
function textOf(parameters: readonly unknown[]): string | undefined {
  if (typeof parameters.at(-1) === 'function') return undefined;
  const [statement] = parameters;
  if (typeof statement === 'string') return statement;
  const { text, submit } = (statement ?? {}) as { text?: unknown; submit?: unknown };
  return typeof text === 'string' && submit === undefined ? text : undefined;
}
