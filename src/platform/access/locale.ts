/** The languages in which mails and account pages are available. The first is the default. */
export const LOCALES = ['en', 'de'] as const;

/** One of {@link LOCALES}. */
export type Locale = (typeof LOCALES)[number];
