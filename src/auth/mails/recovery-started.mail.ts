import { facts, link as linkTo, paragraph } from '../../platform/mail/mail-content.js';
import { mailTemplate } from '../../platform/mail/mail-template.js';

/** Sent to the owner of an account while the recovery of lost factors runs: when it starts, and daily. */
export const recoveryStartedMail = mailTemplate({
  kind: 'recovery_started',
  placeholders: ['link', 'started', 'due', 'address', 'device'],
  words: {
    en: ({ link, started, due, address, device }, product) => ({
      subject: `The second factors of your ${product} account are to be removed`,
      body: [
        paragraph`Hello,`,
        paragraph`Somebody who knows the password of your ${product} account says that its second factors are lost. When the waiting time is over, we will send a link that removes them to this address.`,
        facts([
          ['Requested', started],
          ['Waiting until', due],
          ['Address', address],
          ['Device', device],
        ]),
        paragraph`If this was you, wait for that mail. If it was not, or if you have found your authenticator app or passkey, cancel the recovery:`,
        linkTo('Cancel the recovery', link),
        paragraph`If it was not you, change your password as well: somebody else knows it.`,
      ],
    }),
    de: ({ link, started, due, address, device }, product) => ({
      subject: `Die zweiten Faktoren Ihres Kontos bei ${product} sollen entfernt werden`,
      body: [
        paragraph`Guten Tag,`,
        paragraph`jemand, der das Passwort Ihres Kontos bei ${product} kennt, hat angegeben, dass die zweiten Faktoren verloren sind. Nach Ablauf der Wartezeit erhalten Sie an diese Adresse eine Mail mit einem Link, der sie entfernt.`,
        facts([
          ['Angefordert', started],
          ['Wartezeit bis', due],
          ['Adresse', address],
          ['Gerät', device],
        ]),
        paragraph`Wenn Sie das waren, warten Sie auf diese Mail. Wenn nicht, oder wenn Sie Ihre Authenticator-App oder Ihren Passkey wiedergefunden haben, brechen Sie den Vorgang ab:`,
        linkTo('Vorgang abbrechen', link),
        paragraph`Wenn Sie das nicht waren, ändern Sie auch Ihr Passwort: Jemand anderes kennt es.`,
      ],
    }),
  },
});
