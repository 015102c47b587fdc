import { code as typedCode, link as linkTo, paragraph } from '../../platform/mail/mail-content.js';
import { mailTemplate } from '../../platform/mail/mail-template.js';

/** Sent to an unverified address, to verify it. Contains no text that the sender could have chosen. */
export const verificationMail = mailTemplate({
  kind: 'verification',
  placeholders: ['link', 'code'],
  words: {
    en: ({ link, code }, product) => ({
      subject: `Confirm your e-mail address for ${product}`,
      body: [
        paragraph`Hello,`,
        paragraph`An account at ${product} was created with this e-mail address. Confirm that the address is yours, while you are signed in or with your password:`,
        linkTo('Confirm the address', link),
        paragraph`The link works for 24 hours. If you are signed in already, you can type this code instead; it works for 10 minutes:`,
        typedCode(code),
        paragraph`If you did not create an account, ignore this mail: nobody can confirm the address for you, and nothing happens.`,
      ],
    }),
    de: ({ link, code }, product) => ({
      subject: `Bestätigen Sie Ihre E-Mail-Adresse für ${product}`,
      body: [
        paragraph`Guten Tag,`,
        paragraph`mit dieser E-Mail-Adresse wurde ein Konto bei ${product} angelegt. Bestätigen Sie, dass die Adresse Ihnen gehört, während Sie angemeldet sind oder mit Ihrem Passwort:`,
        linkTo('Adresse bestätigen', link),
        paragraph`Der Link gilt 24 Stunden. Wenn Sie schon angemeldet sind, können Sie stattdessen diesen Code eingeben; er gilt 10 Minuten:`,
        typedCode(code),
        paragraph`Wenn Sie kein Konto angelegt haben, ist nichts zu tun: Niemand sonst kann die Adresse bestätigen, und es geschieht nichts.`,
      ],
    }),
  },
});
