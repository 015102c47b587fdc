import type { AccountPage } from './account-page.js';

/** Proves an address: that of an account, or the new one of a change. */
export const verifyPage: AccountPage = {
  path: 'verify',
  endpoint: 'auth/email/verify',
  password: 'owner',
  words: {
    en: {
      title: 'Confirm your e-mail address',
      intro: ['Confirm that the mail with this link was sent to your address.'],
      button: 'Confirm address',
      doneTitle: 'Your e-mail address is confirmed',
      done: ['You can close this page.'],
      invalidLink:
        'This link is no longer valid. It has expired, or it was used already or replaced by a newer one. ' +
        'If another account is signed in here, sign it out and open the link again.',
    },
    de: {
      title: 'E-Mail-Adresse bestätigen',
      intro: ['Bestätigen Sie, dass die E-Mail mit diesem Link an Ihre Adresse ging.'],
      button: 'Adresse bestätigen',
      doneTitle: 'Ihre E-Mail-Adresse ist bestätigt',
      done: ['Sie können diese Seite schließen.'],
      invalidLink:
        'Dieser Link ist nicht mehr gültig. Er ist abgelaufen, wurde schon benutzt oder durch einen neueren ersetzt. ' +
        'Falls hier ein anderes Konto angemeldet ist, melden Sie es ab und öffnen Sie den Link noch einmal.',
    },
  },
};
