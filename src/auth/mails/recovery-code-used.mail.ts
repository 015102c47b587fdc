import { facts, paragraph } from '../../platform/mail/mail-content.js';
import { mailTemplate } from '../../platform/mail/mail-template.js';

/** Sent to the owner of an account: somebody signed in with a recovery code. */
export const recoveryCodeUsedMail = mailTemplate({
  kind: 'recovery_code_used',
  placeholders: ['left', 'time', 'address', 'device'],
  words: {
    en: ({ left, time, address, device }, product) => ({
      subject: `A recovery code of your ${product} account was used`,
      body: [
        paragraph`Hello,`,
        paragraph`Somebody signed in to your ${product} account with a recovery code. Each code works only once.`,
        facts([
          ['Codes left', left],
          ['Time', time],
          ['Address', address],
          ['Device', device],
        ]),
        paragraph`If this was you, create new codes before you run out of them. If it was not, request a new password immediately and contact the operator of this service.`,
      ],
    }),
    de: ({ left, time, address, device }, product) => ({
      subject: `Ein Wiederherstellungscode Ihres Kontos bei ${product} wurde verwendet`,
      body: [
        paragraph`Guten Tag,`,
        paragraph`Jemand hat sich mit einem Wiederherstellungscode bei Ihrem Konto bei ${product} angemeldet. Jeder Code gilt nur einmal.`,
        facts([
          ['Verbleibende Codes', left],
          ['Zeit', time],
          ['Adresse', address],
          ['Gerät', device],
        ]),
        paragraph`Wenn Sie das waren, erstellen Sie neue Codes, bevor Ihnen die alten ausgehen. Wenn nicht, fordern Sie sofort ein neues Passwort an und benachrichtigen Sie den Betreiber dieses Dienstes.`,
      ],
    }),
  },
});
