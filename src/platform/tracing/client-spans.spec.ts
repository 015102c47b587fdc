import { context, type Span, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { publishStatement } from '../database/statement-channel.js';
import { traceStatements } from './client-spans.js';

const exporter = new InMemorySpanExporter();
const tracer = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }).getTracer(
  'test',
);
const text = 'SELECT * FROM users WHERE email = $1';

describe('traceStatements', () => {
  let stop: () => void;
  let request: Span;

  beforeAll(() => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    stop = traceStatements(tracer);
  });
  beforeEach(() => {
    exporter.reset();
    request = tracer.startSpan('GET /users/me');
  });
  afterAll(() => {
    stop();
    context.disable();
  });

  const onBehalf = <T>(work: () => T): T => context.with(trace.setSpan(context.active(), request), work);

  it('makes a statement a child of its request', async () => {
    const rows = await onBehalf(() => publishStatement([text, ['ada@example.org']], async () => ['a row']));
    expect(rows).toEqual(['a row']);
    expect(exporter.getFinishedSpans()).toMatchObject([
      {
        name: 'SELECT',
        parentSpanContext: { spanId: request.spanContext().spanId },
        attributes: { 'db.operation.name': 'SELECT', 'db.query.text': text },
        status: { code: SpanStatusCode.UNSET },
      },
    ]);
  });

  it('records the type of a failure but not its message, and passes it on', async () => {
    const failure = Object.assign(new Error('invalid input syntax: "ada@example.org"'), { code: '22P02' });
    const outcome = onBehalf(() => publishStatement([{ text }], () => Promise.reject(failure)));
    await expect(outcome).rejects.toBe(failure);
    const [span] = exporter.getFinishedSpans();
    expect(span).toMatchObject({ attributes: { 'error.type': '22P02' }, events: [] });
    expect(span?.status).toEqual({ code: SpanStatusCode.ERROR });
  });

  it('records a failure that is thrown', () => {
    const refuse = (): Promise<never> => {
      throw new TypeError('no such parameter');
    };
    expect(() => onBehalf(() => publishStatement([text], refuse))).toThrow(TypeError);
    expect(exporter.getFinishedSpans()).toMatchObject([{ attributes: { 'error.type': 'TypeError' } }]);
  });

  it('creates no span for background work, nor for work that outlives its request', async () => {
    await publishStatement([text], async () => []);
    request.end();
    exporter.reset();
    await onBehalf(() => publishStatement([text], async () => []));
    expect(exporter.getFinishedSpans()).toEqual([]);
  });

  it.each([
    ['a callback', [text, () => undefined]],
    ['a cursor', [{ text, submit: () => undefined }]],
  ])('ignores statements with %s', (_what, parameters) => {
    const answer = { is: 'no promise' };
    expect(onBehalf(() => publishStatement(parameters, () => answer))).toBe(answer);
    expect(exporter.getFinishedSpans()).toEqual([]);
  });
});
