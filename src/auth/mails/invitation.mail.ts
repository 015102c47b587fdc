import { link as linkTo, paragraph } from '../../platform/mail/mail-content.js';
import { mailTemplate } from '../../platform/mail/mail-template.js';

/** Sent to an address for which an administrator created an account. Contains no text that the sender could have chosen. */
export const invitationMail = mailTemplate({
  kind: 'invitation',
  placeholders: ['link', 'hours'],
  words: {
    en: ({ link, hours }, product) => ({
      subject: `You are invited to ${product}`,
      body: [
        paragraph`Hello,`,
        paragraph`An administrator of ${product} created an account for this e-mail address. Choose a password to accept it:`,
        linkTo('Accept the invitation', link),
        paragraph`The link works once, for ${hours} hours. After that, ask the administrator for a new one.`,
        paragraph`If you do not know ${product}, ignore this mail: nobody can use the account without the link.`,
      ],
    }),
    de: ({ link, hours }, product) => ({
      subject: `Sie sind zu ${product} eingeladen`,
      body: [
        paragraph`Guten Tag,`,
        paragraph`die Verwaltung von ${product} hat für diese E-Mail-Adresse ein Konto angelegt. Wählen Sie ein Passwort, um es anzunehmen:`,
        linkTo('Einladung annehmen', link),
        paragraph`Der Link funktioniert einmal und ${hours} Stunden lang. Danach bitten Sie die Verwaltung um einen neuen.`,
        paragraph`Wenn Sie ${product} nicht kennen, ignorieren Sie diese Mail: Ohne den Link kann niemand das Konto benutzen.`,
      ],
    }),
  },
});
