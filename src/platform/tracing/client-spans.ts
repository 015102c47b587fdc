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

/** What ioredis publishes of a command; it has `args` too, which are keys and values and no business of a trace. */
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

/** A client span per statement that PostgreSQL is asked on behalf of a request. Its text has `$1` where values go. */
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
 * A client span per Redis command on behalf of a request. Commands that requests send together (`TurnBatch`)
 * belong to the one that asked first.
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

/** Makes a span of each operation that a tracing channel tells of within a request; returns how to stop that. */
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
      // The message of an error may repeat a value; its kind does not.
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
      // Thrown at once; everything else ends asynchronously.
      if (message.error !== undefined) finish(message);
    },
    asyncStart: () => undefined,
    asyncEnd: finish,
    error: () => undefined,
  };
  channel.subscribe(subscribers);
  return () => channel.unsubscribe(subscribers);
}

/** The SQLSTATE or the code of the system where there is one, else the class. */
function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : error.name;
}
