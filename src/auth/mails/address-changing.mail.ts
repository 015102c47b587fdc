import { facts, paragraph } from '../../platform/mail/mail-content.js';
import { mailTemplate } from '../../platform/mail/mail-template.js';

/** Sent to the current address of an account when a change is requested. */
export const addressChangingMail = mailTemplate({
  kind: 'address_changing',
  placeholders: ['time', 'address', 'device'],
  words: {
    en: ({ time, address, device }, product) => ({
      subject: `The e-mail address of your ${product} account is about to change`,
      body: [
        paragraph`Hello,`,
        paragraph`Somebody who is signed in to your ${product} account wants to change its e-mail address. This address stays in use until the new one is confirmed.`,
        facts([
          ['Time', time],
          ['Address', address],
          ['Device', device],
        ]),
        paragraph`If this was you, confirm the change with the mail at the new address. If it was not, change your password at once: that ends the other sessions and cancels the change.`,
      ],
    }),
    de: ({ time, address, device }, product) => ({
      subject: `Die E-Mail-Adresse Ihres Kontos bei ${product} soll geändert werden`,
      body: [
        paragraph`Guten Tag,`,
        paragraph`jemand, der bei Ihrem Konto bei ${product} angemeldet ist, möchte dessen E-Mail-Adresse ändern. Diese Adresse bleibt gültig, bis die neue bestätigt ist.`,
        facts([
          ['Zeit', time],
          ['Adresse', address],
          ['Gerät', device],
        ]),
        paragraph`Wenn Sie das waren, bestätigen Sie die Änderung mit der Mail an die neue Adresse. Wenn nicht, ändern Sie sofort Ihr Passwort: Das beendet die anderen Sitzungen und bricht die Änderung ab.`,
      ],
    }),
  },
});
