import { facts, paragraph } from '../../platform/mail/mail-content.js';
import { mailTemplate } from '../../platform/mail/mail-template.js';

const inDays = (days: string) => (days === '1' ? '1 day' : `${days} days`);
const inTagen = (days: string) => (days === '1' ? '1 Tag' : `${days} Tagen`);

/**
 * Sent 14 and 3 days before an API key expires, to its owner; for a service account, which `account` names, to the
 * administrators.
 */
export const apiKeyExpiringMail = mailTemplate({
  kind: 'api_key_expiring',
  placeholders: ['account', 'name', 'hint', 'expires', 'days'],
  words: {
    en: ({ account, name, hint, expires, days }, product) => ({
      subject: `An API key of ${product} expires in ${inDays(days)}`,
      body: [
        paragraph`Hello,`,
        paragraph`An API key of ${product} expires in ${inDays(days)}. Programs that use it will then be refused.`,
        facts([
          ['Service account', account],
          ['Name', name],
          ['Key', hint],
          ['Expires', expires],
        ]),
        paragraph`If the key is still needed, rotate it: the new key has the same scopes, and the old one continues to work for 24 hours.`,
      ],
    }),
    de: ({ account, name, hint, expires, days }, product) => ({
      subject: `Ein API-Schlüssel bei ${product} läuft in ${inTagen(days)} ab`,
      body: [
        paragraph`Guten Tag,`,
        paragraph`ein API-Schlüssel bei ${product} läuft in ${inTagen(days)} ab. Programme, die ihn verwenden, werden dann abgewiesen.`,
        facts([
          ['Dienstkonto', account],
          ['Name', name],
          ['Schlüssel', hint],
          ['Läuft ab', expires],
        ]),
        paragraph`Wenn der Schlüssel noch gebraucht wird, erneuern Sie ihn: Der neue hat dieselben Rechte, und der alte gilt noch 24 Stunden.`,
      ],
    }),
  },
});
