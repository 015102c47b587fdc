import { LOCALES, type Locale } from '../access/locale.js';
import { type WeightedItem, weightedItems } from './weighted-items.js';

/**
 * Returns the available language that an `Accept-Language` field ranks highest (RFC 9110 section 12.5.4, basic
 * filtering of RFC 4647 section 3.3.1). Returns the default if the field is invalid or names none of them.
 */
export function preferredLocale(field: string | undefined): Locale {
  const ranges = weightedItems(field).map(languageRange);
  const weights = LOCALES.map((locale) => [locale, weightOf(locale, ranges)] as const);
  const [best] = weights.toSorted(([, one], [, other]) => other - one);
  return best && best[1] > 0 ? best[0] : LOCALES[0];
}

interface LanguageRange {
  readonly language: string;
  readonly weight: number;
}

function languageRange({ name, weight }: WeightedItem): LanguageRange {
  return { language: name.split('-')[0]!, weight };
}

/** Returns the weight of the best range that names the language, or else of `*`. */
function weightOf(locale: Locale, ranges: readonly LanguageRange[]): number {
  const named = ranges.filter(({ language }) => language === locale);
  const matching = named.length > 0 ? named : ranges.filter(({ language }) => language === '*');
  return Math.max(0, ...matching.map(({ weight }) => weight));
}
