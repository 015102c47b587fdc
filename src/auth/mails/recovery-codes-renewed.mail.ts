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
        paragraph`If this was you, you do not need to do anything. If it was not, use the link “This was not me” in the e-mail about a login from a new device, if you got one in the last 7 days: it removes these codes, too. Otherwise, request a new password immediately and contact the operator of this service.`,
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
        paragraph`Wenn Sie das waren, müssen Sie nichts tun. Wenn nicht, benutzen Sie den Link „Das war ich nicht“ in der E-Mail über eine Anmeldung mit einem neuen Gerät, falls Sie in den letzten 7 Tagen eine bekommen haben: Er entfernt auch diese Codes. Sonst fordern Sie sofort ein neues Passwort an und benachrichtigen Sie den Betreiber dieses Dienstes.`,
      ],
    }),
  },
});
