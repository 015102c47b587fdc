import { code as typedCode, link as linkTo, paragraph } from '../../platform/mail/mail-content.js';
import { mailTemplate } from '../../platform/mail/mail-template.js';

/** Sent to the new address of an account, to verify it. Contains no text that the sender could have chosen. */
export const addressChangeMail = mailTemplate({
  kind: 'address_change',
  placeholders: ['link', 'code'],
  words: {
    en: ({ link, code }, product) => ({
      subject: `Confirm your new e-mail address for ${product}`,
      body: [
        paragraph`Hello,`,
        paragraph`This is to become the e-mail address of an account at ${product}. Confirm that the address is yours, while you are signed in or with your password:`,
        linkTo('Confirm the new address', link),
        paragraph`The link works for 24 hours. Where you asked for the change, you can type this code instead; it works for 10 minutes:`,
        typedCode(code),
        paragraph`If you did not ask for this, ignore this mail: the account keeps its address.`,
      ],
    }),
    de: ({ link, code }, product) => ({
      subject: `Bestätigen Sie Ihre neue E-Mail-Adresse für ${product}`,
      body: [
        paragraph`Guten Tag,`,
        paragraph`dies soll die E-Mail-Adresse eines Kontos bei ${product} werden. Bestätigen Sie, dass die Adresse Ihnen gehört, während Sie angemeldet sind oder mit Ihrem Passwort:`,
        linkTo('Neue Adresse bestätigen', link),
        paragraph`Der Link gilt 24 Stunden. Dort, wo Sie die Änderung verlangt haben, können Sie stattdessen diesen Code eingeben; er gilt 10 Minuten:`,
        typedCode(code),
        paragraph`Wenn Sie das nicht verlangt haben, ist nichts zu tun: Das Konto behält seine Adresse.`,
      ],
    }),
  },
});
