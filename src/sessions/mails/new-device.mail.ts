import { facts, link as linkTo, paragraph } from '../../platform/mail/mail-content.js';
import { mailTemplate } from '../../platform/mail/mail-template.js';

/** Sent to the owner of an account: a device that had never been used with it has signed in. */
export const newDeviceMail = mailTemplate({
  kind: 'new_device',
  placeholders: ['link', 'time', 'address', 'device'],
  words: {
    en: ({ link, time, address, device }, product) => ({
      subject: `A new device signed in to your ${product} account`,
      body: [
        paragraph`Hello,`,
        paragraph`There was a login to your ${product} account from a device that has not been used with it before.`,
        facts([
          ['Time', time],
          ['Address', address],
          ['Device', device],
        ]),
        paragraph`If this was you, you do not need to do anything. If it was not, sign the device out:`,
        linkTo('This was not me', link),
        paragraph`This also signs out later devices, removes authenticator apps, passkeys and API keys that were added since then, and disables your password, because somebody else knows it. You then get a link to set a new one. The link above works for 7 days, as long as the account has this address; a new password does not end it.`,
      ],
    }),
    de: ({ link, time, address, device }, product) => ({
      subject: `Anmeldung in Ihrem Konto bei ${product} mit einem neuen Gerät`,
      body: [
        paragraph`Guten Tag,`,
        paragraph`in Ihrem Konto bei ${product} hat sich jemand mit einem bisher nicht verwendeten Gerät angemeldet.`,
        facts([
          ['Zeit', time],
          ['Adresse', address],
          ['Gerät', device],
        ]),
        paragraph`Wenn Sie das waren, müssen Sie nichts tun. Wenn nicht, melden Sie das Gerät ab:`,
        linkTo('Das war ich nicht', link),
        paragraph`Dabei werden auch später angemeldete Geräte abgemeldet und Authenticator-Apps, Passkeys und API-Schlüssel entfernt, die seitdem hinzugekommen sind. Ihr Passwort wird gesperrt, denn jemand anderes kennt es, und Sie erhalten einen Link, um ein neues zu setzen. Der Link in dieser E-Mail gilt 7 Tage, solange das Konto diese Adresse hat; ein neues Passwort beendet ihn nicht.`,
      ],
    }),
  },
});
