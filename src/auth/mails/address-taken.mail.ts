import { paragraph } from '../../platform/mail/mail-content.js';
import { mailTemplate } from '../../platform/mail/mail-template.js';

/** Sent to the owner of an address that was requested for another account. */
export const addressTakenMail = mailTemplate({
  kind: 'address_taken',
  placeholders: [],
  words: {
    en: (_, product) => ({
      subject: `Your e-mail address was given for another ${product} account`,
      body: [
        paragraph`Hello,`,
        paragraph`Somebody wanted to use this e-mail address for another account at ${product}. It belongs to your account, so nothing was changed, and they were not told that it does.`,
        paragraph`If this was you, sign in to the account that has this address. If it was not, there is nothing to do.`,
      ],
    }),
    de: (_, product) => ({
      subject: `Ihre E-Mail-Adresse wurde für ein anderes Konto bei ${product} angegeben`,
      body: [
        paragraph`Guten Tag,`,
        paragraph`jemand wollte diese E-Mail-Adresse für ein anderes Konto bei ${product} verwenden. Sie gehört zu Ihrem Konto; deshalb wurde nichts geändert, und es wurde nicht verraten, dass es das Konto gibt.`,
        paragraph`Wenn Sie das waren, melden Sie sich bei dem Konto an, das diese Adresse hat. Wenn nicht, ist nichts zu tun.`,
      ],
    }),
  },
});
