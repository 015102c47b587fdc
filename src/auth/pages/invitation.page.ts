import type { AccountPage } from './account-page.js';

/** Accepts an invitation by choosing a password. */
export const invitationPage: AccountPage = {
  path: 'invitation',
  endpoint: 'auth/invitation',
  password: 'chosen',
  words: {
    en: {
      title: 'Accept the invitation',
      intro: ['An account was created for you. Choose a password to accept it.'],
      button: 'Accept',
      doneTitle: 'The account is yours',
      done: ['Your e-mail address is verified. You can now sign in with it and the password.'],
      invalidLink:
        'This link is no longer valid. It has expired, or it was used already or replaced by a newer one. ' +
        'Ask the administrator who invited you for a new one.',
    },
    de: {
      title: 'Einladung annehmen',
      intro: ['Für Sie wurde ein Konto angelegt. Wählen Sie ein Passwort, um es anzunehmen.'],
      button: 'Annehmen',
      doneTitle: 'Das Konto gehört Ihnen',
      done: ['Ihre E-Mail-Adresse ist bestätigt. Sie können sich jetzt damit und mit dem Passwort anmelden.'],
      invalidLink:
        'Dieser Link ist nicht mehr gültig. Er ist abgelaufen, wurde schon benutzt oder durch einen neueren ersetzt. ' +
        'Bitten Sie die Verwaltung, die Sie eingeladen hat, um einen neuen.',
    },
  },
};
