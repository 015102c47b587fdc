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
import { isOperationalRequest } from '../http/operational.decorator.js';

/**
 * A server span per request, by the names of OpenTelemetry's semantic conventions: method, pattern of the route,
 * status and our request id. Nothing that clients spell goes into it, not even the path (of a 404 it may be anything),
 * but for an `x-request-id` that was taken over; beside that only `traceparent` is read. Requests that serve operation
 * have none.
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
  // An answer that waits behind another one of its connection leaves in events of that one.
  fastify.addHook('onResponse', (request, _reply, done) => inside(request, done));
}

/**
 * The span of the request on whose behalf the caller runs, while that is recorded and not yet answered: what goes on in
 * the background may have been started by some request long ago, and is no part of it.
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
  // `close` comes after every answer, and also when there was none because the client went away.
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

/** The context of the caller's span. `tracestate` is not taken over: it is free text, and goes nowhere from here. */
function callersContext(traceparent: string | string[] | undefined): Context {
  const parent = typeof traceparent === 'string' ? parseTraceParent(traceparent) : null;
  return parent === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, { ...parent, isRemote: true });
}
