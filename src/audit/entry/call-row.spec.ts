import { describe, expect, it } from 'vitest';
import type { AuditEntry } from '../audit-entry.js';
import { callFields } from './call-row.js';
import { canonicalEntry } from './canonical-entry.js';

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

const fieldsOf = (call: AuditEntry) => callFields(canonicalEntry(call))!.split('\t');

describe('callFields', () => {
  it('has the fields in the order of their columns, and \\N where there is nothing', () => {
    expect(fieldsOf(CALL)).toEqual([
      '203.0.113.7',
      '1.5',
      CALL.id,
      'GET',
      'success',
      '\\N',
      'request-1',
      '/users/me',
      '\\N',
      '200',
      CALL.time,
      'curl/8.5.0',
      '\\N',
    ]);
  });

  it.each(['address', 'method', 'reason', 'requestId', 'route', 'sessionId', 'userAgent', 'userId'] as const)(
    'has the same fields where one needs an escape, which is the long way: %s',
    (member) => {
      const call = { ...CALL, [member]: 'a long\tway' };
      const plain = fieldsOf({ ...CALL, [member]: 'placeholder' });
      expect(fieldsOf(call)).toEqual(plain.map((text) => (text === 'placeholder' ? 'a long\\tway' : text)));
    },
  );

  it.each([0, 0.001, 1e-7, 1e21, 12.346])('has numbers as JSON has them: %d', (durationMs) => {
    expect(fieldsOf({ ...CALL, durationMs })[1]).toBe(String(durationMs));
  });

  it.each([
    ['\\N', '\\\\N'],
    ['\\.', '\\\\.'],
    ['a\tb\r\nc', 'a\\tb\\r\\nc'],
    ['\u0001"', '\u0001"'],
    ['', ''],
  ])('escapes what COPY would read as something else: %j', (userAgent, field) => {
    expect(fieldsOf({ ...CALL, userAgent })[11]).toBe(field);
  });

  it.each([canonicalEntry({ ...CALL, kind: 'event' }), 'torn', '{"kind":"call"', 'null', '5', '', 'a\tb'])(
    'has none for what is no call: %s',
    (line) => {
      expect(callFields(line)).toBeNull();
    },
  );
});
