import { facts, paragraph } from '../../platform/mail/mail-content.js';
import { mailTemplate } from '../../platform/mail/mail-template.js';

/** Sent 14 and 3 days before an API key expires, to its owner; for a service account, to the administrators. */
export const apiKeyExpiringMail = mailTemplate({
  kind: 'api_key_expiring',
  placeholders: ['name', 'hint', 'expires', 'days'],
  words: {
    en: ({ name, hint, expires, days }, product) => ({
      subject: `An API key of ${product} expires in ${days} days`,
      body: [
        paragraph`Hello,`,
        paragraph`An API key of ${product} expires in ${days} days. Programs that use it will then be refused.`,
        facts([
          ['Name', name],
          ['Key', hint],
          ['Expires', expires],
        ]),
        paragraph`If the key is still needed, rotate it: the new key has the same scopes, and the old one continues to work for 24 hours.`,
      ],
    }),
    de: ({ name, hint, expires, days }, product) => ({
      subject: `Ein API-Schlüssel bei ${product} läuft in ${days} Tagen ab`,
      body: [
        paragraph`Guten Tag,`,
        paragraph`ein API-Schlüssel bei ${product} läuft in ${days} Tagen ab. Programme, die ihn verwenden, werden dann abgewiesen.`,
        facts([
          ['Name', name],
          ['Schlüssel', hint],
          ['Läuft ab', expires],
        ]),
        paragraph`Wenn der Schlüssel noch gebraucht wird, erneuern Sie ihn: Der neue hat dieselben Rechte, und der alte gilt noch 24 Stunden.`,
      ],
    }),
  },
});
