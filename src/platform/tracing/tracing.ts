import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { Environment } from '../config/environment.js';
import type { OpenTelemetry } from './open-telemetry.js';

/**
 * OpenTelemetry traces, for those who set `OTEL_EXPORTER_OTLP_ENDPOINT`; without it nothing of OpenTelemetry is even
 * loaded. Requests are traced by Fastify's hooks, statements and commands by diagnostics channels: nothing is patched,
 * so that it does not matter what was imported first, and a span holds what this folder puts into it and nothing else.
 */
@Injectable()
export class Tracing implements OnApplicationShutdown {
  private running: OpenTelemetry | null = null;

  constructor(private readonly environment: Environment) {}

  get isOn(): boolean {
    return this.environment.OTEL_EXPORTER_OTLP_ENDPOINT !== undefined;
  }

  /** Begins to trace what arrives at `fastify`; to be called ahead of its other hooks, which run inside the span. */
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

  /** What a log line tells of the trace in which it is written. */
  logFields(): { trace_id?: string } {
    const traceId = this.running?.activeTraceId();
    return traceId === undefined ? {} : { trace_id: traceId };
  }

  /** Runs once every request is answered, and so has ended its span. */
  async onApplicationShutdown(): Promise<void> {
    await this.running?.stop();
    this.running = null;
  }
}
