import { facts, paragraph } from '../../platform/mail/mail-content.js';
import { mailTemplate } from '../../platform/mail/mail-template.js';

/** Sent to the owner of an account: an administrator disabled it. */
export const accountDisabledMail = mailTemplate({
  kind: 'account_disabled',
  placeholders: ['time'],
  words: {
    en: ({ time }, product) => ({
      subject: `Your ${product} account was disabled`,
      body: [
        paragraph`Hello,`,
        paragraph`An administrator of ${product} disabled your account. You were signed out everywhere and cannot sign in until it is enabled again.`,
        facts([['Time', time]]),
        paragraph`If you have questions, contact the operator of this service.`,
      ],
    }),
    de: ({ time }, product) => ({
      subject: `Ihr Konto bei ${product} wurde gesperrt`,
      body: [
        paragraph`Guten Tag,`,
        paragraph`die Verwaltung von ${product} hat Ihr Konto gesperrt. Sie wurden überall abgemeldet und können sich nicht anmelden, bis es wieder freigegeben wird.`,
        facts([['Zeit', time]]),
        paragraph`Bei Fragen wenden Sie sich an den Betreiber dieses Dienstes.`,
      ],
    }),
  },
});
