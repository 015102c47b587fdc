import { facts, paragraph } from '../../platform/mail/mail-content.js';
import { mailTemplate } from '../../platform/mail/mail-template.js';

/** Sent to the owner of an account: an administrator gave it other roles. */
export const roleChangedMail = mailTemplate({
  kind: 'role_changed',
  placeholders: ['roles', 'time'],
  words: {
    en: ({ roles, time }, product) => ({
      subject: `The roles of your ${product} account were changed`,
      body: [
        paragraph`Hello,`,
        paragraph`An administrator of ${product} changed the roles of your account. You were signed out everywhere; sign in again to continue.`,
        facts([
          ['Roles', roles],
          ['Time', time],
        ]),
        paragraph`If you did not expect this, contact the operator of this service.`,
      ],
    }),
    de: ({ roles, time }, product) => ({
      subject: `Die Rollen Ihres Kontos bei ${product} wurden geändert`,
      body: [
        paragraph`Guten Tag,`,
        paragraph`die Verwaltung von ${product} hat die Rollen Ihres Kontos geändert. Sie wurden überall abgemeldet; melden Sie sich wieder an, um fortzufahren.`,
        facts([
          ['Rollen', roles],
          ['Zeit', time],
        ]),
        paragraph`Wenn Sie das nicht erwartet haben, benachrichtigen Sie den Betreiber dieses Dienstes.`,
      ],
    }),
  },
});
