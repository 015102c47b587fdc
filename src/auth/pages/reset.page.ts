import type { AccountPage } from './account-page.js';

/** Sets a new password for somebody who has forgotten the old one. */
export const resetPage: AccountPage = {
  path: 'reset',
  endpoint: 'auth/password/reset',
  password: 'new',
  words: {
    en: {
      title: 'Set a new password',
      intro: ['Choose a new password for your account. All your devices will be signed out.'],
      button: 'Set password',
      doneTitle: 'Your password has been changed',
      done: ['All your devices are signed out. Sign in with the new password.'],
      invalidLink:
        'This link is no longer valid. It has expired, or it was used already or replaced by a newer one. ' +
        'Your password is unchanged; where you sign in, you can ask for a new link.',
    },
    de: {
      title: 'Neues Passwort festlegen',
      intro: ['Wählen Sie ein neues Passwort für Ihr Konto. Alle Ihre Geräte werden dabei abgemeldet.'],
      button: 'Passwort festlegen',
      doneTitle: 'Ihr Passwort wurde geändert',
      done: ['Alle Ihre Geräte sind abgemeldet. Melden Sie sich mit dem neuen Passwort an.'],
      invalidLink:
        'Dieser Link ist nicht mehr gültig. Er ist abgelaufen, wurde schon benutzt oder durch einen neueren ersetzt. ' +
        'Ihr Passwort ist unverändert; bei der Anmeldung können Sie einen neuen Link anfordern.',
    },
  },
};
