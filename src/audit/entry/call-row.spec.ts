import { fc } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import type { AuditEntry } from '../audit-entry.js';
import { callRow, readCallRow } from './call-row.js';

const SIGNATURE = { digest: 'd1'.repeat(32), mac: 'ac'.repeat(32) };
const CALL: AuditEntry = {
  id: '0197a1b2-0000-7000-8000-000000000001',
  time: '2025-06-24T00:00:00.000Z',
  type: 'api_call',
  kind: 'call',
  outcome: 'success',
  reason: null,
  userId: null,
  sessionId: null,
  address: '203.0.113.7',
  userAgent: 'curl/8.5.0',
  requestId: 'request-1',
  method: 'GET',
  route: '/users/me',
  status: 200,
  durationMs: 1.5,
  details: null,
};

const fieldsOf = (call: AuditEntry) => callRow(call, SIGNATURE).split('\t');

describe('callRow', () => {
  it('has the fields in the order of their columns, and \\N for null', () => {
    expect(fieldsOf(CALL)).toEqual([
      CALL.id,
      CALL.time,
      'success',
      '\\N',
      '\\N',
      '\\N',
      '203.0.113.7',
      'curl/8.5.0',
      'request-1',
      'GET',
      '/users/me',
      '200',
      '1.5',
      `\\\\x${SIGNATURE.digest}`,
      `\\\\x${SIGNATURE.mac}`,
      '\\N',
    ]);
    expect(fieldsOf({ ...CALL, details: { path: '/a\\"b' } })[15]).toBe('{"path":"/a\\\\\\\\\\\\"b"}');
  });

  it.each(['reason', 'address', 'userAgent', 'requestId', 'method', 'route'] as const)(
    'escapes text chosen by a client: %s',
    (member) => {
      const plain = fieldsOf({ ...CALL, [member]: 'placeholder' });
      const fields = plain.map((text) => (text === 'placeholder' ? 'a\\tb' : text));
      expect(fieldsOf({ ...CALL, [member]: 'a\tb' })).toEqual(fields);
    },
  );

  it.each([
    ['\\N', '\\\\N'],
    ['\\.', '\\\\.'],
    ['a\tb\r\nc', 'a\\tb\\r\\nc'],
    ['\u0001"', '\u0001"'],
    ['', ''],
  ])('escapes characters that COPY interprets: %j', (userAgent, field) => {
    expect(fieldsOf({ ...CALL, userAgent })[7]).toBe(field);
  });
});

describe('readCallRow', () => {
  const text = fc.option(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(fc.constantFrom('\\', '\t', '\n', '\r', 'N', 't', 'n', '\\N')).map((parts) => parts.join('')),
    ),
  );

  it('parses the output of callRow, whatever the texts are', () => {
    fc.assert(
      fc.property(
        fc.record({
          reason: text,
          address: text,
          userAgent: text,
          requestId: text,
          method: text,
          route: text,
          details: fc.option(fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }))),
        }),
        fc.double({ min: 0, max: 1e9, noNaN: true }),
        (texts, durationMs) => {
          const call = { ...CALL, ...texts, durationMs: durationMs + 0 };
          expect(readCallRow(callRow(call, SIGNATURE))).toEqual({ call, signature: SIGNATURE });
        },
      ),
    );
  });

  it('parses a row that the previous version has spooled, without details', () => {
    const row = callRow(CALL, SIGNATURE).replace(/\t[^\t]*$/, '');
    expect(readCallRow(row)).toEqual({ call: CALL, signature: SIGNATURE });
  });

  it.each([
    'torn',
    '',
    'a\tb',
    callRow(CALL, SIGNATURE).replace(/\\N$/, '{"path":'),
    `${callRow(CALL, SIGNATURE)}\tmore`,
    '\0'.repeat(400),
  ])('returns null for an invalid row: %j', (line) => {
    expect(readCallRow(line)).toBeNull();
  });
});
