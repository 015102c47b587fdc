/** The languages of mails and account pages; the first is the default. */
export const LOCALES = ['en', 'de'] as const;

/** One of {@link LOCALES}. */
export type Locale = (typeof LOCALES)[number];
