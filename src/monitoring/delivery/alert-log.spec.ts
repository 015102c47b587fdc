import { Logger } from '@nestjs/common';
import { Subject } from 'rxjs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { AlertChange } from '../alerts/alert-change.js';
import type { AlertRaiser } from '../alerts/alert-raiser.js';
import { AlertLog } from './alert-log.js';

const ADA = '019a0000-0000-7000-8000-000000000001';
const BOB = '019a0000-0000-7000-8000-000000000002';

/** The line that an alert about these people writes. */
function lineAbout(userIds: readonly string[]): unknown[] {
  const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  const raiser = { changes: new Subject() } as unknown as AlertRaiser;
  const alert = {
    id: '019a0000-0000-7000-8000-00000000000a',
    rule: 'brute_force',
    severity: 'warning',
    subject: 'account:5eba1e address:192.0.2.1',
    state: 'open',
    count: 3,
    evidence: { summary: '20 wrong passwords from 192.0.2.1', userIds, addresses: ['192.0.2.1'] },
  };
  new AlertLog(raiser).write({ alert, transition: 'opened' } as unknown as AlertChange);
  return warn.mock.calls[0]!;
}

describe('the line of an alert in the log', () => {
  afterEach(() => void vi.restoreAllMocks());

  it('names the alert and the person by their ids, and contains no address', () => {
    const [fields, message] = lineAbout([ADA]);
    expect(fields).toEqual({
      alert: {
        id: '019a0000-0000-7000-8000-00000000000a',
        rule: 'brute_force',
        severity: 'warning',
        state: 'open',
        count: 3,
        userId: ADA,
      },
    });
    expect(message).toBe('Alert opened: brute_force (warning)');
  });

  it('names nobody if the alert is about several people, or about none', () => {
    expect(lineAbout([ADA, BOB])[0]).toMatchObject({ alert: { userId: null } });
    vi.restoreAllMocks();
    expect(lineAbout([])[0]).toMatchObject({ alert: { userId: null } });
  });
});
