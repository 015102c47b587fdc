import type { Locale } from '../../platform/mail/mail-kinds.js';

/** What the owner of an account reads of an alert that has no kind of mail of its own. */
export interface OwnerNotice {
  readonly subject: string;
  readonly summary: string;
}

type Notices = Readonly<Record<string, OwnerNotice>>;

/** By rule; in words that need no knowledge of the service. */
export const OWNER_NOTICES: Readonly<Record<Locale, Notices>> = {
  en: {
    login_after_failures: {
      subject: 'A login to your account after many failed attempts',
      summary: 'After a series of wrong passwords, somebody has signed in to your account.',
    },
    impossible_travel: {
      subject: 'Logins to your account from far apart',
      summary:
        'Your account was signed in to from two places so far apart that nobody could travel between them in the time.',
    },
  },
  de: {
    login_after_failures: {
      subject: 'Eine Anmeldung bei Ihrem Konto nach vielen Fehlversuchen',
      summary: 'Nach einer Reihe falscher Passwörter hat sich jemand bei Ihrem Konto angemeldet.',
    },
    impossible_travel: {
      subject: 'Anmeldungen bei Ihrem Konto von weit entfernten Orten',
      summary:
        'Bei Ihrem Konto gab es Anmeldungen von zwei Orten, die zu weit auseinanderliegen, um in der Zeit dazwischen zu reisen.',
    },
  },
};

/** For a rule without words of its own. */
export const UNUSUAL: Readonly<Record<Locale, OwnerNotice>> = {
  en: { subject: 'A notice about your account', summary: 'Something unusual happened to your account.' },
  de: {
    subject: 'Ein Hinweis zu Ihrem Konto',
    summary: 'Bei Ihrem Konto ist etwas Ungewöhnliches vorgefallen.',
  },
};

/** The labels of the facts, and what to do. */
export const OWNER_WORDS: Readonly<
  Record<
    Locale,
    { readonly time: string; readonly address: string; readonly device: string; readonly advice: string }
  >
> = {
  en: {
    time: 'Time',
    address: 'Address',
    device: 'Device',
    advice:
      'If this was you, there is nothing to do. If it was not, change your password at once and tell the people who run this service.',
  },
  de: {
    time: 'Zeit',
    address: 'Adresse',
    device: 'Gerät',
    advice:
      'Wenn Sie das waren, ist nichts zu tun. Wenn nicht, ändern Sie sofort Ihr Passwort und benachrichtigen Sie den Betreiber dieses Dienstes.',
  },
};
