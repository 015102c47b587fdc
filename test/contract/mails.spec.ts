import { globSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LOCALES } from '../../src/platform/access/locale.js';
import { Environment } from '../../src/platform/config/environment.js';
import type { MailTemplate } from '../../src/platform/mail/mail-template.js';
import { MailTemplates } from '../../src/platform/mail/mail-templates.js';

/** Those about an account. The mails about alerts consist of what a rule says. */
const FILES = globSync('src/{admin,auth,machines,sessions}/mails/*.mail.ts').toSorted();
const ABOUT_ACCOUNTS = await Promise.all(
  FILES.map(async (file) => {
    const [template] = Object.values((await import(`../../${file}`)) as Record<string, MailTemplate>);
    return template!;
  }),
);

const VALUES = {
  link: 'https://example.org/account/page#token=abc',
  code: 'K7PM4XQ2',
  time: '2026-11-23T09:30:00.000Z',
  address: '192.0.2.7',
  device: 'Chrome on <Windows>',
  factor: 'Phone of <Ada>',
  left: '9',
  keys: 'nightly <build>',
  hours: '68',
  minutes: '37',
  started: '2026-11-23T09:30:00.000Z',
  due: '2026-11-26T09:30:00.000Z',
  until: '2026-11-27T09:30:00.000Z',
  roles: 'user, <auditor>',
  account: 'Billing <EU>',
  name: 'Deployment <blue>',
  hint: 'ptc_live_abcd',
  expires: '2026-12-07T09:30:00.000Z',
  days: '14',
  place: 'https://example.com/leaked',
  cancel: 'https://example.org/account/cancel#token=def',
};

describe.each(ABOUT_ACCOUNTS)('the mail $kind', (template) => {
  const templates = new MailTemplates(Object.assign(new Environment(), { PRODUCT_NAME: 'Acme & Sons' }));
  const values = Object.fromEntries(
    template.placeholders.map((name) => [name, VALUES[name as keyof typeof VALUES]]),
  );

  it.each(LOCALES)('shows in %s everything that it is filled with, in text and in HTML', (locale) => {
    const { subject, text, html } = templates.render(template, locale, values);
    expect(subject).toContain('Acme & Sons');
    for (const value of Object.values(values)) {
      expect(text).toContain(value);
      expect(html).toContain(value.replace('<', '&lt;').replace('>', '&gt;'));
    }
    expect(html).toContain(`lang="${locale}"`);
    expect(html).not.toMatch(/<(img|script|link|iframe)|<(Windows|Ada|auditor|blue|EU)>/);
  });

  it('has words of its own in each language', () => {
    const subjects = LOCALES.map((locale) => templates.render(template, locale, values).subject);
    expect(new Set(subjects).size).toBe(LOCALES.length);
  });
});
