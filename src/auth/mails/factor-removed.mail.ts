import { facts, paragraph } from '../../platform/mail/mail-content.js';
import { mailTemplate } from '../../platform/mail/mail-template.js';

/** Sent to the owner of an account: a second factor was removed. */
export const factorRemovedMail = mailTemplate({
  kind: 'factor_removed',
  placeholders: ['factor', 'time', 'address', 'device'],
  words: {
    en: ({ factor, time, address, device }, product) => ({
      subject: `A second factor of your ${product} account was removed`,
      body: [
        paragraph`Hello,`,
        paragraph`A second factor of your ${product} account was removed. It can no longer be used to sign in.`,
        facts([
          ['Factor', factor],
          ['Time', time],
          ['Address', address],
          ['Device', device],
        ]),
        paragraph`If this was you, you do not need to do anything. If it was not, request a new password immediately and contact the operator of this service.`,
      ],
    }),
    de: ({ factor, time, address, device }, product) => ({
      subject: `Ein zweiter Faktor Ihres Kontos bei ${product} wurde entfernt`,
      body: [
        paragraph`Guten Tag,`,
        paragraph`Ein zweiter Faktor Ihres Kontos bei ${product} wurde entfernt. Er kann nicht mehr zur Anmeldung verwendet werden.`,
        facts([
          ['Faktor', factor],
          ['Zeit', time],
          ['Adresse', address],
          ['Gerät', device],
        ]),
        paragraph`Wenn Sie das waren, müssen Sie nichts tun. Wenn nicht, fordern Sie sofort ein neues Passwort an und benachrichtigen Sie den Betreiber dieses Dienstes.`,
      ],
    }),
  },
});
