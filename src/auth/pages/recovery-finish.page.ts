import type { AccountPage } from './account-page.js';

/** Removes lost second factors after the waiting time. */
export const recoveryFinishPage: AccountPage = {
  path: 'recovery/finish',
  endpoint: 'auth/recovery/finish',
  password: 'none',
  words: {
    en: {
      title: 'Remove the second factors',
      intro: [
        'This removes all second factors and recovery codes of your account. All your devices will be signed out.',
        'After that, the password is enough to sign in. Add a new second factor then.',
      ],
      button: 'Remove the second factors',
      doneTitle: 'The second factors are removed',
      done: ['All your devices are signed out. Sign in with the password and add a new second factor.'],
      invalidLink:
        'This link is no longer valid. It has expired, it was used already, the recovery was cancelled, or the password has changed. ' +
        'Where you sign in, you can start the recovery again.',
    },
    de: {
      title: 'Zweite Faktoren entfernen',
      intro: [
        'Damit entfernen Sie alle zweiten Faktoren und Wiederherstellungscodes Ihres Kontos. Alle Ihre Geräte werden dabei abgemeldet.',
        'Danach genügt das Passwort zur Anmeldung. Fügen Sie dann einen neuen zweiten Faktor hinzu.',
      ],
      button: 'Zweite Faktoren entfernen',
      doneTitle: 'Die zweiten Faktoren sind entfernt',
      done: [
        'Alle Ihre Geräte sind abgemeldet. Melden Sie sich mit dem Passwort an und fügen Sie einen neuen zweiten Faktor hinzu.',
      ],
      invalidLink:
        'Dieser Link ist nicht mehr gültig. Er ist abgelaufen, wurde schon benutzt, der Vorgang wurde abgebrochen, oder das Passwort hat sich geändert. ' +
        'Bei der Anmeldung können Sie den Vorgang neu beginnen.',
    },
  },
};
