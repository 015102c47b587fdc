import type { AccountPage } from './account-page.js';

/** Reverts a change of address that the owner of the old address did not make. */
export const undoPage: AccountPage = {
  path: 'undo',
  endpoint: 'auth/email/undo',
  password: 'none',
  words: {
    en: {
      title: 'Undo the change of your e-mail address',
      intro: [
        'If you did not change the e-mail address of your account, undo the change here.',
        'The account gets this address back, all devices are signed out and the password no longer works. ' +
          'We then send you a link to set a new one.',
        'Authenticator apps, passkeys and API keys are removed if they were added since the change was requested or, ' +
          'if there was a login from a new device in the 7 days before it, since then.',
      ],
      button: 'Undo the change',
      doneTitle: 'The change has been undone',
      done: [
        'Your account has its old address again and all devices are signed out.',
        'We have sent a link to that address. Use it to set a new password.',
      ],
      invalidLink:
        'This link is no longer valid. It has expired or was used already. ' +
        'If you cannot sign in, ask for a link to set a new password where you sign in.',
    },
    de: {
      title: 'Änderung Ihrer E-Mail-Adresse rückgängig machen',
      intro: [
        'Wenn Sie die E-Mail-Adresse Ihres Kontos nicht geändert haben, machen Sie die Änderung hier rückgängig.',
        'Das Konto erhält diese Adresse zurück, alle Geräte werden abgemeldet, und das Passwort gilt nicht mehr. ' +
          'Danach senden wir Ihnen einen Link, mit dem Sie ein neues festlegen.',
        'Authenticator-Apps, Passkeys und API-Schlüssel werden entfernt, wenn sie hinzugekommen sind, seit die Änderung ' +
          'angefordert wurde oder, falls es in den 7 Tagen davor eine Anmeldung mit einem neuen Gerät gab, seit dieser.',
      ],
      button: 'Änderung rückgängig machen',
      doneTitle: 'Die Änderung wurde rückgängig gemacht',
      done: [
        'Ihr Konto hat wieder die alte Adresse, und alle Geräte sind abgemeldet.',
        'Wir haben einen Link an diese Adresse gesendet. Legen Sie damit ein neues Passwort fest.',
      ],
      invalidLink:
        'Dieser Link ist nicht mehr gültig. Er ist abgelaufen oder wurde schon benutzt. ' +
        'Wenn Sie sich nicht anmelden können, fordern Sie bei der Anmeldung einen Link für ein neues Passwort an.',
    },
  },
};
