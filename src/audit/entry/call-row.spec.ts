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

describe('callFields', () => {
  it('has the fields in the order of their columns, and \\N where there is nothing', () => {
    expect(callFields(canonicalEntry(CALL))?.split('\t')).toEqual([
      CALL.time,
      CALL.id,
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
    ]);
  });

  it.each([
    ['\\N', '\\\\N'],
    ['\\.', '\\\\.'],
    ['a\tb\r\nc', 'a\\tb\\r\\nc'],
    ['\u0001"', '\u0001"'],
    ['', ''],
  ])('escapes what COPY would read as something else: %j', (userAgent, field) => {
    expect(callFields(canonicalEntry({ ...CALL, userAgent }))?.split('\t')[7]).toBe(field);
  });

  it.each([canonicalEntry({ ...CALL, kind: 'event' }), 'torn', '{"kind":"call"', 'null', '5', ''])(
    'has none for what is no call: %s',
    (line) => {
      expect(callFields(line)).toBeNull();
    },
  );
});
