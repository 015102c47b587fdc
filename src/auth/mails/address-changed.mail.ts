import { facts, link as linkTo, paragraph } from '../../platform/mail/mail-content.js';
import { mailTemplate } from '../../platform/mail/mail-template.js';

/**
 * Sent to the former, verified address of an account after a change, with an undo link. If the account got a former address
 * back, `link` is empty, because an undo cannot be undone.
 */
export const addressChangedMail = mailTemplate({
  kind: 'address_changed',
  placeholders: ['link', 'time', 'address', 'device'],
  words: {
    en: ({ link, time, address, device }, product) => ({
      subject: `The e-mail address of your ${product} account was changed`,
      body: [
        paragraph`Hello,`,
        paragraph`Your ${product} account has another e-mail address now. Mails about it no longer come here.`,
        facts([
          ['Time', time],
          ['Address', address],
          ['Device', device],
        ]),
        ...(link === ''
          ? [
              paragraph`An earlier change of the address was undone: the account has a former address again, by the link that had been mailed to that address or by a change back to it. If you did not expect this, use the link to undo a change in an earlier mail, if you have one that is less than 7 days old, or contact the operator of this service.`,
            ]
          : [
              paragraph`If this was you, there is nothing to do. If it was not, undo the change:`,
              linkTo('Undo the change', link),
              paragraph`That gives the account this address again, ends every session, makes its password useless and sends you a link to set a new one. It removes authenticator apps, passkeys and API keys that were added after, or shortly before, the change was requested or, if there was a login from a new device in the 7 days before it, after that login. The link works for 7 days, whatever happens to the account until then.`,
            ]),
      ],
    }),
    de: ({ link, time, address, device }, product) => ({
      subject: `Die E-Mail-Adresse Ihres Kontos bei ${product} wurde geändert`,
      body: [
        paragraph`Guten Tag,`,
        paragraph`Ihr Konto bei ${product} hat jetzt eine andere E-Mail-Adresse. Mails zu diesem Konto kommen nicht mehr hierher.`,
        facts([
          ['Zeit', time],
          ['Adresse', address],
          ['Gerät', device],
        ]),
        ...(link === ''
          ? [
              paragraph`Eine frühere Änderung der Adresse wurde rückgängig gemacht: Das Konto hat wieder eine vorherige Adresse, durch den Link, der an diese gegangen war, oder weil es zu ihr zurückgewechselt ist. Wenn Sie das nicht erwartet haben, benutzen Sie den Link zum Rückgängigmachen aus einer früheren Mail, falls Sie eine haben, die noch keine 7 Tage alt ist, oder wenden Sie sich an den Betreiber dieses Dienstes.`,
            ]
          : [
              paragraph`Wenn Sie das waren, ist nichts zu tun. Wenn nicht, machen Sie die Änderung rückgängig:`,
              linkTo('Änderung rückgängig machen', link),
              paragraph`Damit bekommt das Konto diese Adresse zurück, jede Sitzung endet, das Passwort wird ungültig, und Sie erhalten einen Link, um ein neues zu setzen. Authenticator-Apps, Passkeys und API-Schlüssel werden entfernt, wenn sie hinzugekommen sind, seit kurz vor der Anforderung der Änderung oder, falls es in den 7 Tagen davor eine Anmeldung mit einem neuen Gerät gab, seit dieser. Der Link gilt 7 Tage, was auch immer bis dahin mit dem Konto geschieht.`,
            ]),
      ],
    }),
  },
});
