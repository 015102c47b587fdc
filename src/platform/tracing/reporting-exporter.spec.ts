import { Logger } from '@nestjs/common';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import { InMemorySpanExporter } from '@opentelemetry/sdk-trace';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ReportingExporter } from './reporting-exporter.js';

const taken: ExportResult = { code: ExportResultCode.SUCCESS };
const refused: ExportResult = {
  code: ExportResultCode.FAILED,
  error: Object.assign(new Error(''), { code: 'ECONNREFUSED' }),
};

describe('ReportingExporter', () => {
  afterEach(() => vi.restoreAllMocks());

  it('warns once when the collector is unavailable, and logs once when it is back', () => {
    const said: unknown[] = [];
    for (const level of ['warn', 'log'] as const)
      vi.spyOn(Logger.prototype, level).mockImplementation((line: unknown) => void said.push(line));
    const collector = new InMemorySpanExporter();
    const results: ExportResult[] = [];
    const exporter = new ReportingExporter(collector);
    for (const result of [taken, refused, refused, taken, taken]) {
      vi.spyOn(collector, 'export').mockImplementation((_spans, answer) => answer(result));
      exporter.export([], (answered) => results.push(answered));
    }
    expect(results).toEqual([taken, refused, refused, taken, taken]);
    expect(said).toEqual([
      'Trace export failed (ECONNREFUSED); spans are dropped',
      'Trace export works again',
    ]);
  });
});
