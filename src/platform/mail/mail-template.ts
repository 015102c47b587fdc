import type { MailContent } from './mail-content.js';
import type { Locale } from '../access/locale.js';
import type { MailKind } from './mail-kinds.js';

/** What a mail is filled with, by placeholder; an empty text where something is unknown. */
export type MailValues<P extends string> = Readonly<Record<P, string>>;

/** One kind of mail: its placeholders, and its words in every language. */
export interface MailTemplate<P extends string = string> {
  readonly kind: MailKind;
  /**
   * What the operator's templates may name, beside `product`. Two have a meaning of their own: `link`, an address with
   * a token in its fragment, and `code`, which a person types.
   */
  readonly placeholders: readonly P[];
  readonly words: Readonly<Record<Locale, (values: MailValues<P>, product: string) => MailContent>>;
}

/** Declares a kind of mail, so that the compiler compares the placeholders with the words. */
export function mailTemplate<const P extends string>(template: MailTemplate<P>): MailTemplate<P> {
  return template;
}
