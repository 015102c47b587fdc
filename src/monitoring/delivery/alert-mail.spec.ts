import { describe, expect, it } from 'vitest';
import type { AlertBody } from '../alerts/alert-body.js';
import { loginFromNewDevice } from '../rules/login-from-new-device.rule.js';
import { operatorMail, ownerMail } from './alert-mail.js';

const alert: AlertBody = {
  id: '019abf6e-3c1a-7d52-9a41-6f0a7e1b2c3d',
  rule: 'login_from_new_device',
  severity: 'info',
  subject: 'user:019abf6e-0000-7d52-9a41-6f0a7e1b2c3d',
  state: 'open',
  count: 2,
  firstSeenAt: '2026-11-23T09:30:00.000Z',
  lastSeenAt: '2026-11-23T09:31:00.000Z',
  evidence: {
    summary: 'A new device signed in.',
    addresses: ['192.0.2.7'],
    device: 'Firefox on Linux',
    counted: 1,
  },
  acknowledgedBy: null,
  resolvedBy: null,
};

describe('operatorMail', () => {
  it('leads with the sentence and lists what the alert is made of', () => {
    const { subject, text } = operatorMail(alert);
    expect(subject).toBe('[Portcullis] info: login_from_new_device');
    expect(text).toMatch(/^A new device signed in\.\n/);
    expect(text).toContain('Occurred:   2 times, 2026-11-23T09:30:00.000Z to 2026-11-23T09:31:00.000Z');
    expect(text).toContain('addresses: ["192.0.2.7"]');
  });
});

describe('ownerMail', () => {
  it('says when, from where and with what, and what to do', () => {
    const { subject, text } = ownerMail(alert, loginFromNewDevice().toOwner!.en);
    expect(subject).toBe('A new device signed in to your account');
    expect(text).toMatch(/^Hello,/);
    expect(text).toContain('Address: 192.0.2.7');
    expect(text).toContain('Device:  Firefox on Linux');
    expect(text).toContain('change your password');
  });

  it('shows nothing that only an operator needs', () => {
    expect(ownerMail(alert, loginFromNewDevice().toOwner!.en).text).not.toMatch(
      /counted|login_from_new_device|019abf6e/,
    );
  });
});
