import { describe, expect, it } from 'vitest';
import { Environment } from '../../platform/config/environment.js';
import { MailTemplates } from '../../platform/mail/mail-templates.js';
import type { AlertBody } from '../alerts/alert-body.js';
import { rulesOf } from '../rules/rules.js';
import { operatorMail, ownerMail } from './alert-mails.js';

const alert: AlertBody = {
  id: '019abf6e-3c1a-7d52-9a41-6f0a7e1b2c3d',
  rule: 'impossible_travel',
  severity: 'warning',
  subject: 'user:019abf6e-0000-7d52-9a41-6f0a7e1b2c3d',
  state: 'open',
  count: 2,
  firstSeenAt: '2026-11-23T09:30:00.000Z',
  lastSeenAt: '2026-11-23T09:31:00.000Z',
  evidence: {
    summary: 'Two places at once.',
    addresses: ['192.0.2.7'],
    device: 'Firefox on Linux',
    counted: 1,
  },
  acknowledgedBy: null,
  resolvedBy: null,
};

const templates = new MailTemplates(new Environment());
const rules = rulesOf(new Environment()).filter(({ toOwner: words }) => words !== undefined);
const toOwner = (members: Partial<AlertBody> = {}, locale: 'en' | 'de' = 'en') => {
  const shown = { ...alert, ...members };
  const words = rules.find(({ name }) => name === shown.rule)!.toOwner!;
  return ownerMail(templates, shown, words[locale], locale);
};

describe('operatorMail', () => {
  it('starts with the summary and lists the details of the alert', () => {
    const { subject, text } = operatorMail(templates, 'Portcullis', alert);
    expect(subject).toBe('[Portcullis] warning: impossible_travel');
    expect(text).toMatch(/^Two places at once\.\n/);
    expect(text).toContain('Occurred:   2 times, 2026-11-23T09:30:00.000Z to 2026-11-23T09:31:00.000Z');
    expect(text).toContain('addresses: ["192.0.2.7"]');
  });

  it('says once for a single occurrence', () => {
    const { text } = operatorMail(templates, 'Portcullis', { ...alert, count: 1 });
    expect(text).toContain('Occurred:   once, ');
  });
});

describe('ownerMail', () => {
  it('states the time, the address, the device, and what to do', () => {
    const { subject, text, kind } = toOwner();
    expect(kind).toBe('alert');
    expect(subject).toBe('Logins to your account from distant places');
    expect(text).toContain('Address: 192.0.2.7');
    expect(text).toContain('Device:  Firefox on Linux');
    expect(text).toContain('change your password');
  });

  it('has its own text for every rule that notifies the owner', () => {
    const subjects = rules.map(({ name }) => toOwner({ rule: name }).subject);
    expect(subjects).toContain('Logins to your account from distant places');
    expect(new Set(subjects).size).toBe(rules.length);
  });

  it('is in German if that is the language of the owner, for every rule that notifies the owner', () => {
    for (const { name } of rules) {
      const german = toOwner({ rule: name }, 'de');
      expect(german.subject).not.toBe(toOwner({ rule: name }).subject);
      expect(german.text).toContain('Adresse: 192.0.2.7');
    }
  });

  it('contains nothing meant only for operators', () => {
    expect(toOwner().text).not.toMatch(/counted|impossible_travel|019abf6e/);
    expect(toOwner().html).not.toMatch(/counted|impossible_travel|019abf6e/);
  });
});
