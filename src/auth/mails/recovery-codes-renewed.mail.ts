import { facts, paragraph } from '../../platform/mail/mail-content.js';
import { mailTemplate } from '../../platform/mail/mail-template.js';

/** Sent to the owner of an account: new recovery codes replaced the former ones. */
export const recoveryCodesRenewedMail = mailTemplate({
  kind: 'recovery_codes_renewed',
  placeholders: ['time', 'address', 'device'],
  words: {
    en: ({ time, address, device }, product) => ({
      subject: `New recovery codes for your ${product} account`,
      body: [
        paragraph`Hello,`,
        paragraph`New recovery codes were created for your ${product} account. The former codes no longer work.`,
        facts([
          ['Time', time],
          ['Address', address],
          ['Device', device],
        ]),
        paragraph`If this was you, you do not need to do anything. If it was not, request a new password immediately and contact the operator of this service.`,
      ],
    }),
    de: ({ time, address, device }, product) => ({
      subject: `Neue Wiederherstellungscodes für Ihr Konto bei ${product}`,
      body: [
        paragraph`Guten Tag,`,
        paragraph`Für Ihr Konto bei ${product} wurden neue Wiederherstellungscodes erstellt. Die bisherigen gelten nicht mehr.`,
        facts([
          ['Zeit', time],
          ['Adresse', address],
          ['Gerät', device],
        ]),
        paragraph`Wenn Sie das waren, müssen Sie nichts tun. Wenn nicht, fordern Sie sofort ein neues Passwort an und benachrichtigen Sie den Betreiber dieses Dienstes.`,
      ],
    }),
  },
});
