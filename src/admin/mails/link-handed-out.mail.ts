import { facts, paragraph } from '../../platform/mail/mail-content.js';
import { mailTemplate } from '../../platform/mail/mail-template.js';

/** Sent to the owner of an account: an operator has a link that sets a new password, to hand over to the owner. */
export const linkHandedOutMail = mailTemplate({
  kind: 'link_handed_out',
  placeholders: ['time'],
  words: {
    en: ({ time }, product) => ({
      subject: `An operator made a link to your ${product} account`,
      body: [
        paragraph`Hello,`,
        paragraph`An operator of ${product} made a link that sets a new password for your account, to hand it over to you.`,
        facts([['Time', time]]),
        paragraph`If you did not ask for this, contact the operator of this service: whoever has the link can take over your account.`,
      ],
    }),
    de: ({ time }, product) => ({
      subject: `Für Ihr Konto bei ${product} wurde ein Link ausgestellt`,
      body: [
        paragraph`Guten Tag,`,
        paragraph`ein Betreiber von ${product} hat einen Link ausgestellt, der ein neues Passwort für Ihr Konto setzt, um ihn Ihnen zu übergeben.`,
        facts([['Zeit', time]]),
        paragraph`Wenn Sie nicht darum gebeten haben, benachrichtigen Sie den Betreiber dieses Dienstes: Wer den Link hat, kann Ihr Konto übernehmen.`,
      ],
    }),
  },
});
