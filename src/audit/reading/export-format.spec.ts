import { describe, expect, it } from 'vitest';
import type { AuditEntry } from '../audit-entry.js';
import { CSV, jsonLine } from './export-format.js';

const ENTRY = { id: 'an id', details: null } as AuditEntry;
const rowOf = (userAgent: string) => CSV.line({ ...ENTRY, userAgent });

describe('A row of CSV', () => {
  it('is one line for every reader, and contains no control characters', () => {
    const row = rowOf('ok\u0085=cmd|calc\u009b31mred\u2028\u007f');
    expect(row).toContain('ok\\u0085=cmd|calc\\u009b31mred\\u2028\\u007f');
    expect(row.slice(0, -2)).not.toMatch(/[\u007f-\u009f\u2028\u2029]/);
  });

  it.each(['=1+1', '+1', '-1', '@x', '\t=1', '\r=1'])('is not interpreted as a formula: %j', (userAgent) => {
    expect(rowOf(userAgent)).toContain(`'${userAgent}`);
  });

  it('quotes characters that would end a cell', () => {
    expect(rowOf('a "b", c')).toContain('"a ""b"", c"');
  });
});

describe('A line of JSON', () => {
  it('parses to the original value', () => {
    const value = { agent: 'ok\u0085\u2028\u009b\r\n' };
    expect(jsonLine(value)).not.toMatch(/[\u007f-\u009f\u2028\u2029\r\n]/);
    expect(JSON.parse(jsonLine(value))).toEqual(value);
  });
});
