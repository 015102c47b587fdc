import { link as linkTo, paragraph } from '../../platform/mail/mail-content.js';
import { mailTemplate } from '../../platform/mail/mail-template.js';

/** Sent to the owner of an account whose factors are lost, after the waiting time: the link that removes them. */
export const recoveryReadyMail = mailTemplate({
  kind: 'recovery_ready',
  placeholders: ['link', 'cancel', 'until'],
  words: {
    en: ({ link, cancel, until }, product) => ({
      subject: `Remove the second factors of your ${product} account`,
      body: [
        paragraph`Hello,`,
        paragraph`The waiting time for the recovery of your ${product} account is over. This link removes its second factors and recovery codes and signs you out everywhere. After that, the password is enough to sign in:`,
        linkTo('Remove the second factors', link),
        paragraph`The link works once, until ${until}, unless the password or a factor changes. Without it, nothing changes.`,
        paragraph`If you did not ask for this, cancel the recovery and change your password:`,
        linkTo('Cancel the recovery', cancel),
      ],
    }),
    de: ({ link, cancel, until }, product) => ({
      subject: `Zweite Faktoren Ihres Kontos bei ${product} entfernen`,
      body: [
        paragraph`Guten Tag,`,
        paragraph`die Wartezeit für die Wiederherstellung Ihres Kontos bei ${product} ist abgelaufen. Dieser Link entfernt die zweiten Faktoren und Wiederherstellungscodes und meldet Sie überall ab. Danach genügt das Passwort zur Anmeldung:`,
        linkTo('Zweite Faktoren entfernen', link),
        paragraph`Der Link funktioniert einmal, bis ${until}, solange sich weder das Passwort noch ein Faktor ändert. Ohne ihn ändert sich nichts.`,
        paragraph`Wenn Sie das nicht angefordert haben, brechen Sie den Vorgang ab und ändern Sie Ihr Passwort:`,
        linkTo('Vorgang abbrechen', cancel),
      ],
    }),
  },
});
