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

/** Spans that wait for a collector which is slow or away; more are dropped. A few megabytes. */
const MAX_QUEUE = 2048;
/** A batch is given up after so long, its repetitions included; milliseconds. */
const EXPORT_MS = 5000;
/** How long the end of the process waits for the last spans, milliseconds. */
const FLUSH_MS = 2000;
/** The longest text of a statement that is told. */
const MAX_TEXT = 2048;

export interface TraceSettings {
  /** Base of the collector's addresses, `http://collector:4318`. */
  readonly endpoint: string;
  readonly serviceName: string;
  /** Share of the traces begun here that are recorded, 0 to 1. */
  readonly ratio: number;
}

/** Traces that are being made. */
export interface OpenTelemetry {
  readonly activeTraceId: () => string | undefined;
  /** Sends what was recorded, for a limited time, and makes no more spans. Never rejects. */
  readonly stop: () => Promise<void>;
}

/** Begins to record spans and to send them, in the background and in batches. Imported only when traces are on. */
export function startOpenTelemetry(fastify: FastifyInstance, settings: TraceSettings): OpenTelemetry {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const exporter = new OTLPTraceExporter({
    url: `${settings.endpoint.replace(/\/+$/, '')}/v1/traces`,
    timeoutMillis: EXPORT_MS,
  });
  const provider = new TracerProvider({
    resource: resource(settings.serviceName),
    // Who began the trace has decided; otherwise traces would have holes.
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
  const letGo = [traceStatements(tracer), traceCommands(tracer)];
  return {
    activeTraceId: () => activeRequestSpan()?.spanContext().traceId,
    stop: async () => {
      for (const unsubscribe of letGo) unsubscribe();
      // What fails has been reported by then.
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
