import type { AccountPage } from './account-page.js';

/** Cancels the recovery of lost second factors. */
export const recoveryPage: AccountPage = {
  path: 'recovery',
  endpoint: 'auth/recovery/cancel',
  password: 'none',
  words: {
    en: {
      title: 'Keep the second factors',
      intro: [
        'Somebody who knows your password says that the second factors of your account are lost. ' +
          'If it was not you, or if you have found your authenticator app or passkey, cancel the recovery here: your second factors stay.',
      ],
      button: 'Cancel the recovery',
      doneTitle: 'The recovery is cancelled',
      done: [
        'Your second factors stay.',
        'If it was not you who asked to remove them, change your password: somebody else knows it.',
      ],
      invalidLink:
        'This link is no longer valid. The recovery is over, or it was cancelled already. ' +
        'If you cannot sign in any more, contact the operator of this service.',
    },
    de: {
      title: 'Zweite Faktoren behalten',
      intro: [
        'Jemand, der Ihr Passwort kennt, hat angegeben, dass die zweiten Faktoren Ihres Kontos verloren sind. ' +
          'Wenn Sie das nicht waren oder Ihre Authenticator-App oder Ihren Passkey wiedergefunden haben, brechen Sie den Vorgang hier ab: Ihre zweiten Faktoren bleiben.',
      ],
      button: 'Vorgang abbrechen',
      doneTitle: 'Der Vorgang ist abgebrochen',
      done: [
        'Ihre zweiten Faktoren bleiben.',
        'Wenn nicht Sie sie entfernen wollten, ändern Sie Ihr Passwort: Jemand anderes kennt es.',
      ],
      invalidLink:
        'Dieser Link ist nicht mehr gültig. Der Vorgang ist zu Ende oder wurde schon abgebrochen. ' +
        'Wenn Sie sich nicht mehr anmelden können, wenden Sie sich an den Betreiber dieses Dienstes.',
    },
  },
};
