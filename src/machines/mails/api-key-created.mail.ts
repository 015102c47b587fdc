import { facts, paragraph } from '../../platform/mail/mail-content.js';
import { mailTemplate } from '../../platform/mail/mail-template.js';

/** Sent to the owner of an account: an API key was created. */
export const apiKeyCreatedMail = mailTemplate({
  kind: 'api_key_created',
  placeholders: ['name', 'hint', 'expires', 'time', 'address', 'device'],
  words: {
    en: ({ name, hint, expires, time, address, device }, product) => ({
      subject: `An API key was created for your ${product} account`,
      body: [
        paragraph`Hello,`,
        paragraph`An API key was created for your ${product} account. Programs can use it to act on your behalf until it expires, even after you sign out or change your password.`,
        facts([
          ['Name', name],
          ['Key', hint],
          ['Expires', expires],
          ['Time', time],
          ['Address', address],
          ['Device', device],
        ]),
        paragraph`If this was you, you do not need to do anything. If it was not, change your password immediately, then revoke the key.`,
      ],
    }),
    de: ({ name, hint, expires, time, address, device }, product) => ({
      subject: `Für Ihr Konto bei ${product} wurde ein API-Schlüssel erstellt`,
      body: [
        paragraph`Guten Tag,`,
        paragraph`für Ihr Konto bei ${product} wurde ein API-Schlüssel erstellt. Programme können damit bis zu seinem Ablauf für Sie handeln, auch wenn Sie sich abmelden oder Ihr Passwort ändern.`,
        facts([
          ['Name', name],
          ['Schlüssel', hint],
          ['Läuft ab', expires],
          ['Zeit', time],
          ['Adresse', address],
          ['Gerät', device],
        ]),
        paragraph`Wenn Sie das waren, müssen Sie nichts tun. Wenn nicht, ändern Sie sofort Ihr Passwort und widerrufen Sie dann den Schlüssel.`,
      ],
    }),
  },
});
