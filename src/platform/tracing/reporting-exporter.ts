import { Logger } from '@nestjs/common';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';

/** Logs once when the collector rejects spans, and once when it accepts them again; a line per batch would flood the log. */
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
    if (fails) this.logger.warn(`Trace export failed (${reasonOf(error)}); spans are dropped`);
    else this.logger.log('Trace export works again');
  }
}

/** The collector's status or the system's error code; a connection refused by several addresses has no message. */
function reasonOf(error: Error | undefined): string {
  const { code, message } = (error ?? {}) as { code?: string | number; message?: string };
  return String(code ?? message ?? 'no reason');
}
