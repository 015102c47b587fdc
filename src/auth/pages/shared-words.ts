import type { Locale } from '../../platform/access/locale.js';
import { WEAKNESSES } from '../credentials/passwords/password-policy.js';

/**
 * The reasons for which the API refuses a new password, each by a part of its sentence. Other sentences are shown as
 * they are.
 */
export const PASSWORD_FAULTS = {
  short: 'must have at least',
  listed: 'on a list of breached passwords',
  breached: 'in a breach of another service',
  guessable: 'easy to guess',
  ...WEAKNESSES,
  unreadable: 'must be well-formed text',
} as const;

/** One of {@link PASSWORD_FAULTS}. */
export type PasswordFault = keyof typeof PASSWORD_FAULTS;

/** Texts of several pages, in one language. */
export interface SharedWords {
  readonly noScript: string;
  readonly noLink: string;
  readonly working: string;
  readonly newPassword: string;
  readonly chosenPassword: string;
  readonly newPasswordHint: (minLength: string) => string;
  readonly ownerPassword: string;
  readonly showPassword: string;
  readonly passwordNeeded: string;
  readonly passwordMissing: string;
  readonly passwordWrong: string;
  readonly passwordRefused: string;
  readonly passwordAdvice: string;
  readonly passwordFaults: Readonly<Record<PasswordFault, string>>;
  /** Followed by a duration, such as "30 seconds". */
  readonly tooMany: string;
  readonly unavailable: string;
  readonly offline: string;
  /** Followed by the id of the request. */
  readonly failed: string;
}

/** Texts of several pages, in every language. */
export const SHARED_WORDS: Readonly<Record<Locale, SharedWords>> = {
  en: {
    noScript: 'This page needs JavaScript. Allow it for this site and open the link in the mail again.',
    noLink: 'Open the link in the mail again: this page works only when that link has opened it.',
    working: 'One moment …',
    newPassword: 'New password',
    chosenPassword: 'Password',
    newPasswordHint: (minLength) =>
      `At least ${minLength} characters. Four or more random words are easy to remember.`,
    ownerPassword: 'Password of your account',
    showPassword: 'Show password',
    passwordNeeded: 'You are not signed in here. Enter the password of your account to continue.',
    passwordMissing: 'Enter a password.',
    passwordWrong: 'The password is wrong.',
    passwordRefused: 'This password cannot be used:',
    passwordAdvice: 'Use four or more random words, or a password made by a password manager.',
    passwordFaults: {
      short: 'It is too short.',
      listed: 'It is on a list of breached passwords and well-known phrases.',
      breached: 'It has appeared in a breach of another service.',
      guessable: 'It is easy to guess.',
      context: 'It contains parts of your address or the name of the service.',
      repetition: 'It contains repetitions.',
      keys: 'It contains neighbouring keys.',
      sequence: 'It contains sequences such as abc or 123.',
      date: 'It contains dates or years.',
      word: 'It contains common words, names or passwords.',
      unreadable: 'It is too long or contains characters that cannot be stored.',
    },
    tooMany: 'There have been too many attempts. Try again in',
    unavailable: 'The service is not available at the moment. The link stays valid; try again shortly.',
    offline: 'The service cannot be reached. Check your connection and try again.',
    failed: 'That did not work. Try again later, or report this number to the operator:',
  },
  de: {
    noScript:
      'Diese Seite braucht JavaScript. Erlauben Sie es für diese Website und öffnen Sie den Link in der E-Mail noch einmal.',
    noLink:
      'Öffnen Sie den Link in der E-Mail noch einmal: Diese Seite funktioniert nur, wenn dieser Link sie geöffnet hat.',
    working: 'Einen Moment …',
    newPassword: 'Neues Passwort',
    chosenPassword: 'Passwort',
    newPasswordHint: (minLength) =>
      `Mindestens ${minLength} Zeichen. Vier oder mehr zufällige Wörter lassen sich leicht merken.`,
    ownerPassword: 'Passwort Ihres Kontos',
    showPassword: 'Passwort anzeigen',
    passwordNeeded:
      'Sie sind hier nicht angemeldet. Geben Sie das Passwort Ihres Kontos ein, um fortzufahren.',
    passwordMissing: 'Geben Sie ein Passwort ein.',
    passwordWrong: 'Das Passwort ist falsch.',
    passwordRefused: 'Dieses Passwort kann nicht verwendet werden:',
    passwordAdvice: 'Nehmen Sie vier oder mehr zufällige Wörter oder ein Passwort aus einem Passwortmanager.',
    passwordFaults: {
      short: 'Es ist zu kurz.',
      listed: 'Es steht auf einer Liste gestohlener Passwörter und bekannter Sprüche.',
      breached: 'Es wurde bei einem anderen Dienst gestohlen.',
      guessable: 'Es ist leicht zu erraten.',
      context: 'Es enthält Teile Ihrer Adresse oder den Namen des Dienstes.',
      repetition: 'Es enthält Wiederholungen.',
      keys: 'Es enthält benachbarte Tasten.',
      sequence: 'Es enthält Folgen wie abc oder 123.',
      date: 'Es enthält Daten oder Jahreszahlen.',
      word: 'Es enthält häufige Wörter, Namen oder Passwörter.',
      unreadable: 'Es ist zu lang oder enthält Zeichen, die nicht gespeichert werden können.',
    },
    tooMany: 'Es gab zu viele Versuche. Versuchen Sie es wieder in',
    unavailable:
      'Der Dienst ist zurzeit nicht verfügbar. Der Link bleibt gültig; versuchen Sie es in Kürze noch einmal.',
    offline: 'Der Dienst ist nicht erreichbar. Prüfen Sie Ihre Verbindung und versuchen Sie es noch einmal.',
    failed:
      'Das hat nicht funktioniert. Versuchen Sie es später noch einmal, oder nennen Sie dem Betreiber diese Nummer:',
  },
};
