import type { MailContent } from './mail-content.js';
import type { Locale } from '../access/locale.js';
import type { MailKind } from './mail-kinds.js';

/** The values of a mail's placeholders. An unknown value is an empty string. */
export type MailValues<P extends string> = Readonly<Record<P, string>>;

/** One kind of mail: its placeholders, and its text in every language. */
export interface MailTemplate<P extends string = string> {
  readonly kind: MailKind;
  /**
   * The placeholders that operators may use in their templates, in addition to `product`. Two have a fixed meaning:
   * `link` is a URL with a token in its fragment, and `code` is a code for the recipient to type.
   */
  readonly placeholders: readonly P[];
  readonly words: Readonly<Record<Locale, (values: MailValues<P>, product: string) => MailContent>>;
}

/** Declares a kind of mail. The compiler checks the placeholders that its text uses. */
export function mailTemplate<const P extends string>(template: MailTemplate<P>): MailTemplate<P> {
  return template;
}
