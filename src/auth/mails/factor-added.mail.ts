import { facts, paragraph } from '../../platform/mail/mail-content.js';
import { mailTemplate } from '../../platform/mail/mail-template.js';

/** Sent to the owner of an account: a second factor was added. */
export const factorAddedMail = mailTemplate({
  kind: 'factor_added',
  placeholders: ['factor', 'time', 'address', 'device'],
  words: {
    en: ({ factor, time, address, device }, product) => ({
      subject: `A second factor was added to your ${product} account`,
      body: [
        paragraph`Hello,`,
        paragraph`A second factor was added to your ${product} account. From now on, signing in needs it.`,
        facts([
          ['Factor', factor],
          ['Time', time],
          ['Address', address],
          ['Device', device],
        ]),
        paragraph`If this was you, you do not need to do anything. If it was not, use the link “This was not me” in the e-mail about a login from a new device, if you got one in the last 7 days: it removes this factor, too. Otherwise, request a new password immediately and contact the operator of this service.`,
      ],
    }),
    de: ({ factor, time, address, device }, product) => ({
      subject: `Ihrem Konto bei ${product} wurde ein zweiter Faktor hinzugefügt`,
      body: [
        paragraph`Guten Tag,`,
        paragraph`Ihrem Konto bei ${product} wurde ein zweiter Faktor hinzugefügt. Er wird ab jetzt bei jeder Anmeldung verlangt.`,
        facts([
          ['Faktor', factor],
          ['Zeit', time],
          ['Adresse', address],
          ['Gerät', device],
        ]),
        paragraph`Wenn Sie das waren, müssen Sie nichts tun. Wenn nicht, benutzen Sie den Link „Das war ich nicht“ in der E-Mail über eine Anmeldung mit einem neuen Gerät, falls Sie in den letzten 7 Tagen eine bekommen haben: Er entfernt auch diesen Faktor. Sonst fordern Sie sofort ein neues Passwort an und benachrichtigen Sie den Betreiber dieses Dienstes.`,
      ],
    }),
  },
});
