import { facts, paragraph } from '../../platform/mail/mail-content.js';
import { mailTemplate } from '../../platform/mail/mail-template.js';

/**
 * Sent to the owner of an API key that was found in a public place; for a service account, which `account` names, to the
 * administrators.
 */
export const apiKeyLeakedMail = mailTemplate({
  kind: 'api_key_leaked',
  placeholders: ['account', 'name', 'hint', 'place', 'time'],
  words: {
    en: ({ account, name, hint, place, time }, product) => ({
      subject: `An API key of ${product} was found in public and revoked`,
      body: [
        paragraph`Hello,`,
        paragraph`An API key of ${product} was found in a public place. It has been revoked, and programs that use it are refused.`,
        facts([
          ['Service account', account],
          ['Name', name],
          ['Key', hint],
          ['Found at', place],
          ['Revoked', time],
        ]),
        paragraph`Create a new key for the programs that need one. Before it was revoked, others may have used the key: check what was done with it.`,
      ],
    }),
    de: ({ account, name, hint, place, time }, product) => ({
      subject: `Ein API-Schlüssel bei ${product} war öffentlich und wurde widerrufen`,
      body: [
        paragraph`Guten Tag,`,
        paragraph`ein API-Schlüssel bei ${product} wurde öffentlich gefunden. Er wurde widerrufen, und Programme, die ihn verwenden, werden abgewiesen.`,
        facts([
          ['Dienstkonto', account],
          ['Name', name],
          ['Schlüssel', hint],
          ['Gefunden', place],
          ['Widerrufen', time],
        ]),
        paragraph`Erstellen Sie einen neuen Schlüssel für die Programme, die einen brauchen. Bis zum Widerruf können andere den Schlüssel benutzt haben: Prüfen Sie, was damit getan wurde.`,
      ],
    }),
  },
});
