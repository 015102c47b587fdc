import { facts, paragraph } from '../../platform/mail/mail-content.js';
import { mailTemplate } from '../../platform/mail/mail-template.js';

/** Sent to the former owner of an account: it was deleted. */
export const accountDeletedMail = mailTemplate({
  kind: 'account_deleted',
  placeholders: ['time'],
  words: {
    en: ({ time }, product) => ({
      subject: `Your ${product} account was deleted`,
      body: [
        paragraph`Hello,`,
        paragraph`Your ${product} account was deleted. It cannot be restored.`,
        facts([['Time', time]]),
        paragraph`If you did not expect this, contact the operator of this service.`,
      ],
    }),
    de: ({ time }, product) => ({
      subject: `Ihr Konto bei ${product} wurde gelöscht`,
      body: [
        paragraph`Guten Tag,`,
        paragraph`Ihr Konto bei ${product} wurde gelöscht. Es kann nicht wiederhergestellt werden.`,
        facts([['Zeit', time]]),
        paragraph`Wenn Sie das nicht erwartet haben, benachrichtigen Sie den Betreiber dieses Dienstes.`,
      ],
    }),
  },
});
