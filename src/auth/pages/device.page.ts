import type { AccountPage } from './account-page.js';

/** Signs out a new device that the owner of the account does not know. */
export const devicePage: AccountPage = {
  path: 'device',
  endpoint: 'auth/sessions/disown',
  password: 'none',
  words: {
    en: {
      title: 'Sign out an unknown device',
      intro: [
        'If it was not you who signed in with the device named in the mail, sign it out here.',
        'Devices that signed in later are signed out, too. Authenticator apps, passkeys and API keys that were added since then are removed.',
        'Somebody may know your password, so it stops working. We then send you a link to set a new one.',
      ],
      button: 'Sign out the device',
      doneTitle: 'The device is signed out',
      done: ['Your password no longer works. We have sent you a link by mail; use it to set a new one.'],
      invalidLink:
        'This link is no longer valid. It has expired or was used already. ' +
        'If you do not trust a device, change your password, which signs out all others.',
    },
    de: {
      title: 'Unbekanntes Gerät abmelden',
      intro: [
        'Wenn nicht Sie sich mit dem Gerät angemeldet haben, das in der E-Mail genannt ist, melden Sie es hier ab.',
        'Auch Geräte, die sich später angemeldet haben, werden abgemeldet. Authenticator-Apps, Passkeys und API-Schlüssel, die seitdem hinzugekommen sind, werden entfernt.',
        'Jemand kennt vielleicht Ihr Passwort, darum gilt es danach nicht mehr. Wir senden Ihnen einen Link, mit dem Sie ein neues festlegen.',
      ],
      button: 'Gerät abmelden',
      doneTitle: 'Das Gerät ist abgemeldet',
      done: [
        'Ihr Passwort gilt nicht mehr. Wir haben Ihnen einen Link per E-Mail gesendet; legen Sie damit ein neues fest.',
      ],
      invalidLink:
        'Dieser Link ist nicht mehr gültig. Er ist abgelaufen oder wurde schon benutzt. ' +
        'Wenn Sie einem Gerät nicht trauen, ändern Sie Ihr Passwort; das meldet alle anderen ab.',
    },
  },
};
