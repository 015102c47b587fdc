import { facts, link as linkTo, paragraph } from '../../platform/mail/mail-content.js';
import { mailTemplate } from '../../platform/mail/mail-template.js';

/** To the owner of an account: a device that had not been used with it has signed in. */
export const newDeviceMail = mailTemplate({
  kind: 'new_device',
  placeholders: ['link', 'time', 'address', 'device'],
  words: {
    en: ({ link, time, address, device }, product) => ({
      subject: 'A new device signed in to your account',
      body: [
        paragraph`Hello,`,
        paragraph`A device that had not been used with your ${product} account before has signed in to it.`,
        facts([
          ['Time', time],
          ['Address', address],
          ['Device', device],
        ]),
        paragraph`If this was you, there is nothing to do. If it was not, sign the device out:`,
        linkTo('This was not me', link),
        paragraph`That also makes your password useless, because somebody else knows it, and sends you a link to set a new one. The link works for 7 days, as long as neither the password nor the address of the account changes.`,
      ],
    }),
    de: ({ link, time, address, device }, product) => ({
      subject: 'Ein neues Gerät hat sich bei Ihrem Konto angemeldet',
      body: [
        paragraph`Guten Tag,`,
        paragraph`ein Gerät, das mit Ihrem Konto bei ${product} noch nicht benutzt worden war, hat sich angemeldet.`,
        facts([
          ['Zeit', time],
          ['Adresse', address],
          ['Gerät', device],
        ]),
        paragraph`Wenn Sie das waren, ist nichts zu tun. Wenn nicht, melden Sie das Gerät ab:`,
        linkTo('Das war ich nicht', link),
        paragraph`Damit wird auch Ihr Passwort ungültig, denn jemand anderes kennt es, und Sie erhalten einen Link, um ein neues zu setzen. Der Link gilt 7 Tage, solange sich weder das Passwort noch die Adresse des Kontos ändert.`,
      ],
    }),
  },
});
