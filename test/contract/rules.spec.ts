import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AUDIT_EVENT_TYPES, eventsThatEnd } from '../../src/audit/event-types.js';
import { rulesOf } from '../../src/monitoring/rules/rules.js';
import { Environment } from '../../src/platform/config/environment.js';
import { documentedRow } from '../support/monitoring/rule-documentation.js';

/** The rows of the tables in a document, by the name in the first cell. */
function rowsOf(document: string): Map<string, string[]> {
  const rows = new Map<string, string[]>();
  for (const line of readFileSync(document, 'utf8').split('\n')) {
    const cells = line.split('|').map((cell) => cell.trim());
    for (const [, name] of (cells[1] ?? '').matchAll(/`([a-z_]+)`/g)) rows.set(name!, cells.slice(1, -1));
  }
  return rows;
}

const RULES = rulesOf(new Environment());

describe('Every rule', () => {
  it.each(RULES)('$name has a row in docs/security.md that matches the rule', (rule) => {
    expect(rowsOf('docs/security.md').get(rule.name)).toEqual(documentedRow(rule));
  });

  it.each(RULES)('$name uses only known events', ({ events }) => {
    expect(events).not.toEqual([]);
    expect(AUDIT_EVENT_TYPES).toEqual(expect.arrayContaining([...events]));
  });

  it.each(RULES.filter(({ toOwner }) => toOwner))('$name has its own text for owners', (rule) => {
    const { en, de } = rule.toOwner!;
    expect(
      new Set([en.subject, de.subject, en.sentence, de.sentence].map((text) => text.length > 0)),
    ).toEqual(new Set([true]));
    expect(en.subject).not.toBe(de.subject);
    const others = RULES.filter((other) => other !== rule).map(({ toOwner }) => toOwner?.en.subject);
    expect(others).not.toContain(en.subject);
  });
});

describe('The end of a session', () => {
  it('is reported by the marked events', () => {
    expect(eventsThatEnd('session')).toEqual([
      'authn_token_reuse',
      'session_logout',
      'session_ended',
      'session_disowned',
    ]);
    expect(eventsThatEnd('every session')).toEqual([
      'session_revoked',
      'user_email_change_undone',
      'user_disabled',
      'user_deleted',
      'privilege_permissions_changed',
    ]);
  });
});
