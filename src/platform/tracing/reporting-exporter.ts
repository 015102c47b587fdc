import { Logger } from '@nestjs/common';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';

/** Says once that the collector takes no spans, and once that it does again; a line per batch would fill the log. */
export class ReportingExporter implements SpanExporter {
  private readonly logger = new Logger('Traces');
  private fails = false;

  constructor(private readonly exporter: SpanExporter) {}

  export(spans: ReadableSpan[], answer: (result: ExportResult) => void): void {
    this.exporter.export(spans, (result) => {
      this.report(result);
      answer(result);
    });
  }

  shutdown(): Promise<void> {
    return this.exporter.shutdown();
  }

  private report({ code, error }: ExportResult): void {
    const fails = code === ExportResultCode.FAILED;
    if (fails === this.fails) return;
    this.fails = fails;
    if (fails) this.logger.warn(`The collector takes no spans (${reasonOf(error)}); they are dropped.`);
    else this.logger.log('The collector takes spans again.');
  }
}

/** The collector's status or the system's code; a refused connection of several addresses has no message. */
function reasonOf(error: Error | undefined): string {
  const { code, message } = (error ?? {}) as { code?: string | number; message?: string };
  return String(code ?? message ?? 'no reason');
}
