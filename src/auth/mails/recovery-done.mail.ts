import { facts, paragraph } from '../../platform/mail/mail-content.js';
import { mailTemplate } from '../../platform/mail/mail-template.js';

/** Sent to the owner of an account: all second factors were removed by the link that the recovery had brought. */
export const recoveryDoneMail = mailTemplate({
  kind: 'recovery_done',
  placeholders: ['time', 'address', 'device'],
  words: {
    en: ({ time, address, device }, product) => ({
      subject: `The second factors of your ${product} account were removed`,
      body: [
        paragraph`Hello,`,
        paragraph`The recovery of your ${product} account is complete: its second factors and recovery codes were removed, and all devices are signed out. The password is now enough to sign in.`,
        facts([
          ['Time', time],
          ['Address', address],
          ['Device', device],
        ]),
        paragraph`Sign in and add a new second factor. If this was not you, request a new password immediately and contact the operator of this service.`,
      ],
    }),
    de: ({ time, address, device }, product) => ({
      subject: `Die zweiten Faktoren Ihres Kontos bei ${product} wurden entfernt`,
      body: [
        paragraph`Guten Tag,`,
        paragraph`die Wiederherstellung Ihres Kontos bei ${product} ist abgeschlossen: Die zweiten Faktoren und Wiederherstellungscodes wurden entfernt, und alle Geräte sind abgemeldet. Zur Anmeldung genügt jetzt das Passwort.`,
        facts([
          ['Zeit', time],
          ['Adresse', address],
          ['Gerät', device],
        ]),
        paragraph`Melden Sie sich an und fügen Sie einen neuen zweiten Faktor hinzu. Wenn Sie das nicht waren, fordern Sie sofort ein neues Passwort an und benachrichtigen Sie den Betreiber dieses Dienstes.`,
      ],
    }),
  },
});
