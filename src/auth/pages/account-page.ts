import type { Locale } from '../../platform/access/locale.js';

/** What a page says in one language. */
export interface PageWords {
  readonly title: string;
  /** Paragraphs that say what the button will do. */
  readonly intro: readonly string[];
  readonly button: string;
  readonly doneTitle: string;
  readonly done: readonly string[];
  /** Why the link may have failed, and what to do about it. */
  readonly invalidLink: string;
}

/**
 * A page that a link in a mail leads to. When its button is pressed, it sends the token of the link, and a password if the
 * page asks for one.
 */
export interface AccountPage {
  /** Path below `/account`. */
  readonly path: string;
  /** Path of the route that takes the token, without a leading slash. */
  readonly endpoint: string;
  /**
   * `new` asks for a password to replace another, `chosen` for a first one; `owner` asks for the password of the
   * account if the browser is not signed in to it; `none` asks for nothing.
   */
  readonly password: 'new' | 'chosen' | 'owner' | 'none';
  readonly words: Readonly<Record<Locale, PageWords>>;
}
