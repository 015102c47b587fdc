import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigurationFault } from '../config/configuration-fault.js';
import { Environment } from '../config/environment.js';
import { code, facts, link, paragraph } from './mail-content.js';
import { mailTemplate } from './mail-template.js';
import { MailTemplates } from './mail-templates.js';

const invitation = mailTemplate({
  kind: 'invitation',
  placeholders: ['name', 'link'],
  words: {
    en: ({ name, link: url }, product) => ({
      subject: `Invitation to ${product}`,
      body: [
        paragraph`Hello ${name},`,
        facts([
          ['From', name],
          ['To', ''],
        ]),
        link('Open', url),
        code('AB<C'),
      ],
    }),
    de: ({ name }) => ({ subject: 'Einladung', body: [paragraph`Hallo ${name},`] }),
  },
});
const EVIL = { name: '<b>"Ada" & \'co\'</b>', link: 'https://example.org/#token=x"y' };

describe('MailTemplates', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'portcullis-templates-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function templates(files: Record<string, string | Buffer> | null = null): MailTemplates {
    for (const [name, content] of Object.entries(files ?? {})) writeFileSync(join(folder, name), content);
    const environment = Object.assign(new Environment(), {
      PRODUCT_NAME: 'Acme',
      ...(files && { MAIL_TEMPLATES_DIR: folder }),
    });
    const made = new MailTemplates(environment);
    made.register([invitation]);
    made.onModuleInit();
    return made;
  }
  const faults = (files: Record<string, string | Buffer>) => {
    try {
      templates(files);
    } catch (error) {
      if (error instanceof ConfigurationFault) return error.faults;
      throw error;
    }
    return [];
  };

  it('renders text and HTML from one structure, and escapes values', () => {
    const { subject, text, html } = templates().render(invitation, 'en', EVIL);
    expect(subject).toBe('Invitation to Acme');
    expect(text).toBe(`Hello ${EVIL.name},\n\nFrom: ${EVIL.name}\n\nOpen:\n${EVIL.link}\n\n    AB<C\n`);
    expect(html).toContain('<p>Hello &lt;b&gt;&quot;Ada&quot; &amp; &#39;co&#39;&lt;/b&gt;,</p>');
    expect(html).toContain('<a href="https://example.org/#token=x&quot;y">Open</a>');
    expect(html).not.toContain('<b>');
    expect(html).toContain('<html lang="en">');
  });

  it('uses the requested language', () => {
    expect(templates().render(invitation, 'de', EVIL)).toMatchObject({
      subject: 'Einladung',
      html: expect.stringContaining('<html lang="de">'),
    });
  });

  it('loads no external resources', () => {
    expect(templates().render(invitation, 'en', EVIL).html).not.toMatch(
      /\bsrc=|url\(|<link|@import|<script/i,
    );
  });

  it("replaces the text of one language with the operator's, separately for each form", () => {
    const made = templates({
      'invitation.en.txt': 'Subject: {{ product }} wants you, {{name}}\r\n\r\nCome: {{link}}\n',
      'invitation.de.html': '<p title="{{name}}">{{product}}</p>',
    });
    const english = made.render(invitation, 'en', { ...EVIL, name: 'Ada\r\nBcc: eve@example.com' });
    expect(english.subject).toBe('Acme wants you, Ada Bcc: eve@example.com');
    expect(english.text).toBe(`Come: ${EVIL.link}\n`);
    expect(english.html).toContain('<p>Hello Ada');
    expect(made.render(invitation, 'de', EVIL)).toMatchObject({
      subject: 'Einladung',
      html: '<p title="&lt;b&gt;&quot;Ada&quot; &amp; &#39;co&#39;&lt;/b&gt;">Acme</p>',
    });
  });

  it('does not fill in placeholders contained in values', () => {
    const made = templates({ 'invitation.en.txt': 'Subject: x\n\n{{name}}' });
    expect(made.render(invitation, 'en', { name: '{{link}}', link: 'secret' }).text).toBe('{{link}}');
  });

  it.each([
    ['an unknown placeholder', 'invitation.en.html', '{{token}}', 'uses {{token}}'],
    ['a placeholder of Object', 'invitation.en.html', '{{constructor}}', 'uses {{constructor}}'],
    ['braces without a name', 'invitation.en.html', '{{name', 'braces'],
    ['an expression', 'invitation.en.html', '{{name | raw}}', 'braces'],
    ['a text without a subject', 'invitation.en.txt', 'Hello {{name}}', 'Subject:'],
    ['an empty subject', 'invitation.en.txt', 'Subject: \nHello', 'Subject:'],
    ['no UTF-8', 'invitation.en.txt', Buffer.from([0x53, 0xff, 0xfe]), 'UTF-8'],
    ['an unknown kind', 'invitaton.en.txt', 'Subject: x\n', 'is not named'],
    ['an unknown language', 'invitation.fr.txt', 'Subject: x\n', 'is not named'],
    ['a kind that is not sent', 'role_changed.en.txt', 'Subject: x\n', 'does not send'],
  ])('prevents the start for %s', (_, name, content, said) => {
    const found = faults({ [name]: content });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^MAIL_TEMPLATES_DIR: /);
    expect(found[0]).toContain(name);
    expect(found[0]).toContain(said);
  });

  it('prevents the start if the folder does not exist', () => {
    const environment = Object.assign(new Environment(), { MAIL_TEMPLATES_DIR: join(folder, 'nowhere') });
    expect(() => new MailTemplates(environment).onModuleInit()).toThrow('MAIL_TEMPLATES_DIR');
  });

  it('refuses a kind that is declared twice', () => {
    expect(() => templates().register([invitation])).toThrow('declared twice');
  });
});
