import { describe, expect, it } from 'vitest';
import { findingsOf } from '../../../test/support/attacks/findings-of.js';
import { loginFromNewDevice } from './login-from-new-device.rule.js';

const login = (device: 'known' | 'new' | 'first') =>
  ({ at: 0, kind: 'login', account: 'owner', address: '192.0.2.1', password: 'right', device }) as const;

describe('login_from_new_device', () => {
  it('is true of a device without its token', () => {
    const [finding] = findingsOf([loginFromNewDevice()], [login('new')]);
    expect(finding).toMatchObject({
      kind: { severity: 'info' },
      evidence: { addresses: ['192.0.2.1'] },
    });
    expect(finding?.subject).toBe(`user:${String(finding?.evidence.userIds?.[0])}`);
  });

  it('describes the device', () => {
    const deviceOf = (userAgent?: string) =>
      findingsOf([loginFromNewDevice()], [{ ...login('new'), ...(userAgent && { userAgent }) }])[0]?.evidence[
        'device'
      ];
    const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
    expect(deviceOf(firefox)).toBe('Firefox on Linux');
    expect(deviceOf()).toBe('an unknown device');
  });

  it("is not true of a known device, nor of the account's own first login", () => {
    expect(findingsOf([loginFromNewDevice()], [login('known'), login('first')])).toEqual([]);
  });
});
