import { link as linkTo, paragraph } from '../../platform/mail/mail-content.js';
import { mailTemplate } from '../../platform/mail/mail-template.js';

/** Sent to the owner of an account when somebody tries to register with its address, which may be unverified. */
export const registrationTakenMail = mailTemplate({
  kind: 'registration_taken',
  placeholders: ['link'],
  words: {
    en: ({ link }, product) => ({
      subject: `You already have an account at ${product}`,
      body: [
        paragraph`Hello,`,
        paragraph`Somebody wanted to create an account at ${product} with this e-mail address. It has an account already, and nothing about it was changed.`,
        paragraph`If this was you, sign in. If you do not know the password, set a new one:`,
        linkTo('Set a new password', link),
        paragraph`If it was not you, there is nothing to do.`,
      ],
    }),
    de: ({ link }, product) => ({
      subject: `Sie haben bereits ein Konto bei ${product}`,
      body: [
        paragraph`Guten Tag,`,
        paragraph`jemand wollte mit dieser E-Mail-Adresse ein Konto bei ${product} anlegen. Zu ihr gibt es schon eines, und daran wurde nichts geändert.`,
        paragraph`Wenn Sie das waren, melden Sie sich an. Wenn Sie das Passwort nicht kennen, setzen Sie ein neues:`,
        linkTo('Neues Passwort setzen', link),
        paragraph`Wenn Sie es nicht waren, ist nichts zu tun.`,
      ],
    }),
  },
});
