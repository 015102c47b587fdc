import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { Environment } from '../config/environment.js';
import type { OpenTelemetry } from './open-telemetry.js';

/**
 * OpenTelemetry traces, enabled by `OTEL_EXPORTER_OTLP_ENDPOINT`; without it, no OpenTelemetry code is loaded. Requests
 * are traced by Fastify's hooks, statements and commands by diagnostics channels. Nothing is patched, so the order of
 * imports does not matter and a span contains only what this folder adds to it.
 */
@Injectable()
export class Tracing implements OnApplicationShutdown {
  private running: OpenTelemetry | null = null;

  constructor(private readonly environment: Environment) {}

  get isOn(): boolean {
    return this.environment.OTEL_EXPORTER_OTLP_ENDPOINT !== undefined;
  }

  /** Starts tracing the requests of `fastify`. Call this before adding other hooks, which run inside the span. */
  async start(fastify: FastifyInstance): Promise<void> {
    const endpoint = this.environment.OTEL_EXPORTER_OTLP_ENDPOINT;
    if (endpoint === undefined) return;
    const { startOpenTelemetry } = await import('./open-telemetry.js');
    this.running = startOpenTelemetry(fastify, {
      endpoint,
      serviceName: this.environment.OTEL_SERVICE_NAME,
      ratio: Number(this.environment.OTEL_TRACES_SAMPLER_ARG),
    });
  }

  /** Returns the log fields that identify the current trace. */
  logFields(): { trace_id?: string } {
    const traceId = this.running?.activeTraceId();
    return traceId === undefined ? {} : { trace_id: traceId };
  }

  /** Runs after every request has its response, and so has ended its span. */
  async onApplicationShutdown(): Promise<void> {
    await this.running?.stop();
    this.running = null;
  }
}
