import {
  type Context,
  context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import { parseTraceParent } from '@opentelemetry/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isOperationalRequest } from '../http/routes/operational.decorator.js';

/**
 * Creates a server span per request, named by OpenTelemetry's semantic conventions: method, route pattern, status and
 * request id. It contains nothing that clients can choose, not even the path (with a 404 it can be anything), except an
 * accepted `x-request-id`. The only other header read is `traceparent`. Operational requests have no span.
 */
export function traceRequests(fastify: FastifyInstance, tracer: Tracer): void {
  const contexts = new WeakMap<FastifyRequest, Context>();
  const inside = (request: FastifyRequest, next: () => void) => {
    const its = contexts.get(request);
    if (its === undefined) next();
    else context.with(its, next);
  };
  fastify.addHook('onRequest', (request, reply, done) => {
    const route = request.is404 ? null : (request.routeOptions.url ?? null);
    if (!isOperationalRequest(request)) contexts.set(request, begin(tracer, request, reply, route));
    inside(request, done);
  });
  // A pipelined response is sent from within events of the one before it on the connection.
  fastify.addHook('onResponse', (request, _reply, done) => inside(request, done));
}

/**
 * Returns the span of the current request while it is recorded and has no response yet. Background work may have been
 * started by a request long ago and is not part of it.
 */
export function activeRequestSpan(): Span | undefined {
  const span = trace.getActiveSpan();
  return span?.isRecording() === true ? span : undefined;
}

function begin(tracer: Tracer, request: FastifyRequest, reply: FastifyReply, route: string | null): Context {
  const parent = callersContext(request.headers['traceparent']);
  const span = tracer.startSpan(
    route === null ? request.method : `${request.method} ${route}`,
    {
      kind: SpanKind.SERVER,
      attributes: {
        'http.request.method': request.method,
        ...(route !== null && { 'http.route': route }),
        'portcullis.request_id': request.id,
      },
    },
    parent,
  );
  // `close` follows every response, and is also emitted when the client disconnected before one.
  reply.raw.once('close', () => end(span, reply));
  return trace.setSpan(parent, span);
}

function end(span: Span, { raw }: FastifyReply): void {
  if (raw.writableFinished) span.setAttribute('http.response.status_code', raw.statusCode);
  else span.setAttribute('error.type', 'aborted');
  if (raw.writableFinished && raw.statusCode >= 500) {
    span.setAttribute('error.type', String(raw.statusCode));
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
}

/** Returns the context of the caller's span. `tracestate` is ignored: it is free text and is not passed on. */
function callersContext(traceparent: string | string[] | undefined): Context {
  const parent = typeof traceparent === 'string' ? parseTraceParent(traceparent) : null;
  return parent === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, { ...parent, isRemote: true });
}
