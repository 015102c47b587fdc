import { link as linkTo, paragraph } from '../../platform/mail/mail-content.js';
import { mailTemplate } from '../../platform/mail/mail-template.js';

/** To the address of an account: the link by which its owner sets a new password. */
export const passwordResetMail = mailTemplate({
  kind: 'password_reset',
  placeholders: ['link', 'minutes'],
  words: {
    en: ({ link, minutes }, product) => ({
      subject: `Set a new password for your ${product} account`,
      body: [
        paragraph`Hello,`,
        paragraph`A new password for your ${product} account was requested. Set it here:`,
        linkTo('Set a new password', link),
        paragraph`The link works once, for ${minutes} minutes. A new password signs you out everywhere.`,
        paragraph`If you did not ask for this, ignore this mail: nothing changes without the link.`,
      ],
    }),
    de: ({ link, minutes }, product) => ({
      subject: `Neues Passwort für Ihr Konto bei ${product}`,
      body: [
        paragraph`Guten Tag,`,
        paragraph`für Ihr Konto bei ${product} wurde ein neues Passwort angefordert. Hier können Sie es setzen:`,
        linkTo('Neues Passwort setzen', link),
        paragraph`Der Link funktioniert einmal und ${minutes} Minuten lang. Ein neues Passwort meldet Sie überall ab.`,
        paragraph`Wenn Sie das nicht angefordert haben, ignorieren Sie diese Mail: Ohne den Link ändert sich nichts.`,
      ],
    }),
  },
});
