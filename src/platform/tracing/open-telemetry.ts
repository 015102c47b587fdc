import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { FastifyInstance } from 'fastify';
import { hostname } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { productVersion } from '../config/product-version.js';
import { traceCommands, traceStatements } from './client-spans.js';
import { ReportingExporter } from './reporting-exporter.js';
import { activeRequestSpan, traceRequests } from './request-spans.js';

/** Spans queued for a slow or unavailable collector, a few megabytes; further spans are dropped. */
const MAX_QUEUE = 2048;
/** Time limit for exporting a batch, including retries; milliseconds. */
const EXPORT_MS = 5000;
/** How long shutdown waits for the last spans to be exported, milliseconds. */
const FLUSH_MS = 2000;
/** Maximum length of a statement's text in a span. */
const MAX_TEXT = 2048;

export interface TraceSettings {
  /** Base URL of the collector, for example `http://collector:4318`. */
  readonly endpoint: string;
  readonly serviceName: string;
  /** Fraction of the traces started here that are recorded, 0 to 1. */
  readonly ratio: number;
}

/** A running tracer. */
export interface OpenTelemetry {
  readonly activeTraceId: () => string | undefined;
  /** Exports recorded spans within a time limit, and stops tracing. Never rejects. */
  readonly stop: () => Promise<void>;
}

/** Starts to record spans and to export them in batches in the background. Imported only when tracing is on. */
export function startOpenTelemetry(fastify: FastifyInstance, settings: TraceSettings): OpenTelemetry {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const exporter = new OTLPTraceExporter({
    url: `${settings.endpoint.replace(/\/+$/, '')}/v1/traces`,
    timeoutMillis: EXPORT_MS,
  });
  const provider = new TracerProvider({
    resource: resource(settings.serviceName),
    // The service that started the trace has decided; deciding again would leave holes in traces.
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(settings.ratio) }),
    spanLimits: { attributeValueLengthLimit: MAX_TEXT },
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: new ReportingExporter(exporter),
        maxQueueSize: MAX_QUEUE,
        exportTimeoutMillis: EXPORT_MS,
      }),
    ],
  });
  const tracer = provider.getTracer('portcullis', productVersion());
  traceRequests(fastify, tracer);
  const unsubscribers = [traceStatements(tracer), traceCommands(tracer)];
  return {
    activeTraceId: () => activeRequestSpan()?.spanContext().traceId,
    stop: async () => {
      for (const unsubscribe of unsubscribers) unsubscribe();
      // Failures have already been reported.
      const flushed = provider.shutdown().catch(() => undefined);
      await Promise.race([flushed, wait(FLUSH_MS, undefined, { ref: false })]);
    },
  };
}

function resource(serviceName: string) {
  return defaultResource().merge(
    resourceFromAttributes({
      'service.name': serviceName,
      'service.version': productVersion(),
      'host.name': hostname(),
      'process.pid': process.pid,
    }),
  );
}
