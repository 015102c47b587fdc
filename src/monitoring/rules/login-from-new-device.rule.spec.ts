import { describe, expect, it } from 'vitest';
import { findingsOf } from '../../../test/support/attacks/findings-of.js';
import { loginFromNewDevice } from './login-from-new-device.rule.js';

const login = (device: 'known' | 'new' | 'first') =>
  ({ at: 0, kind: 'login', account: 'owner', address: '192.0.2.1', password: 'right', device }) as const;

describe('login_from_new_device', () => {
  it('is true of a device without its token, and its owner is told', () => {
    const [finding] = findingsOf([loginFromNewDevice()], [login('new')]);
    expect(finding).toMatchObject({
      kind: { severity: 'info', tellsOwner: true },
      evidence: { addresses: ['192.0.2.1'] },
    });
    expect(finding?.subject).toBe(`user:${String(finding?.evidence.userIds?.[0])}`);
  });

  it("is not true of a known device, nor of the account's own first login", () => {
    expect(findingsOf([loginFromNewDevice()], [login('known'), login('first')])).toEqual([]);
  });
});
