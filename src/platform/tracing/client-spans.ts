import {
  type Attributes,
  context,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
} from '@opentelemetry/api';
import { type TracingChannel, tracingChannel } from 'node:diagnostics_channel';
import { STATEMENTS, type StatementMessage } from '../database/statement-channel.js';
import { activeRequestSpan } from './request-spans.js';

/** Message of ioredis about a command; its `args` are ignored, because keys and values do not belong in a trace. */
interface CommandMessage {
  readonly command: string;
  readonly serverAddress: string;
  readonly serverPort: number | undefined;
}

interface Described {
  readonly name: string;
  readonly attributes: Attributes;
}

const OPERATION = /^\s*([A-Za-z]+)/;

/** Creates a client span per PostgreSQL statement of a request. The text has `$1` in place of values. Returns how to stop. */
export function traceStatements(tracer: Tracer): () => void {
  return spansOf(tracer, tracingChannel<StatementMessage, StatementMessage>(STATEMENTS), ({ text }) => {
    const operation = OPERATION.exec(text)?.[1]?.toUpperCase() ?? 'QUERY';
    return {
      name: operation,
      attributes: {
        'db.system.name': 'postgresql',
        'db.operation.name': operation,
        'db.query.text': text,
      },
    };
  });
}

/**
 * Creates a client span per Redis command of a request. A command shared by several requests (`TurnBatch`) belongs to the
 * first of them. Returns a function that stops this.
 */
export function traceCommands(tracer: Tracer): () => void {
  return spansOf(
    tracer,
    tracingChannel<CommandMessage, CommandMessage>('ioredis:command'),
    ({ command, serverAddress, serverPort }) => {
      const operation = command.toUpperCase();
      return {
        name: operation,
        attributes: {
          'db.system.name': 'redis',
          'db.operation.name': operation,
          'server.address': serverAddress,
          ...(serverPort !== undefined && { 'server.port': serverPort }),
        },
      };
    },
  );
}

/** Creates a span for each operation that a tracing channel reports within a request; returns a function that stops this. */
function spansOf<Message extends object>(
  tracer: Tracer,
  channel: TracingChannel<Message, Message>,
  describe: (message: Message) => Described,
): () => void {
  const open = new WeakMap<Message, Span>();
  const finish = (message: Message & { error?: unknown }) => {
    const span = open.get(message);
    if (span === undefined) return;
    open.delete(message);
    if (message.error !== undefined) {
      // The message of an error may contain a value; its type does not.
      span.setAttribute('error.type', kindOf(message.error));
      span.setStatus({ code: SpanStatusCode.ERROR });
    }
    span.end();
  };
  const subscribers = {
    start: (message: Message) => {
      if (activeRequestSpan() === undefined) return;
      const { name, attributes } = describe(message);
      open.set(message, tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, context.active()));
    },
    end: (message: Message & { error?: unknown }) => {
      // The operation threw synchronously; all others end asynchronously.
      if (message.error !== undefined) finish(message);
    },
    asyncStart: () => undefined,
    asyncEnd: finish,
    error: () => undefined,
  };
  channel.subscribe(subscribers);
  return () => channel.unsubscribe(subscribers);
}

/** Returns the SQLSTATE or the system's error code if there is one, otherwise the class. */
function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : error.name;
}
