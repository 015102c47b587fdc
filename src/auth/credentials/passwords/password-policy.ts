import { Injectable } from '@nestjs/common';
import { Environment } from '../../../platform/config/environment.js';
import { comparable, separatorKinds } from './comparable-text.js';
import { StrengthEstimator } from './strength-estimator.js';
import type { Weakness } from './strength-worker.js';

/**
 * The minimum number of guesses for a password, as a power of ten. Three random words of the BIP39 list fall below it
 * in 1 of 200 cases, and four in none of 8,000; passwords such as "superman 1985" fall below it.
 */
const MIN_DIGITS = 6;

/** Texts are evaluated in pieces of this many characters, because the time grows with the square; each takes up to 20 ms. */
const PIECE = 36;

/** Further characters are ignored: a text that is weak after 128 characters is a repetition. */
const MAX_JUDGED = 128;

/** If a password has more kinds of punctuation, they are considered part of it and not separators between words. */
const MAX_SEPARATOR_KINDS = 4;

/** Symbols that stand for letters, as in `p@$$word`. */
const LOOK_ALIKES = /[@({[<#&!/|$+%]/;

/** Guessable also where the operator has given the service another name. */
const SOFTWARE_NAME = 'portcullis';

/** Anything between words. */
const NO_LETTERS = /[^\p{L}\p{N}]+/u;

const SHORTEST_CONTEXT_WORD = 3;

const ADVICE = 'use four or more random words, or one made by a password manager';

/** What weak passwords consist of, as {@link PasswordPolicy} says it. */
export const WEAKNESSES: Readonly<Record<Weakness, string>> = {
  context: 'parts of your address or the name of the service',
  repetition: 'repetitions',
  keys: 'neighbouring keys',
  sequence: 'sequences such as abc or 123',
  date: 'dates or years',
  word: 'common words, names or passwords',
};

/**
 * Decides which new passwords are acceptable, following NIST SP 800-63B-4 section 3.1.1.2: a minimum length, a
 * blocklist that includes context-specific words, and an estimate of the guesses that an attacker needs, but no
 * composition rules.
 */
@Injectable()
export class PasswordPolicy {
  constructor(
    private readonly environment: Environment,
    private readonly estimator: StrengthEstimator,
  ) {}

  /**
   * Returns a sentence that says why a password is not acceptable and how to choose a better one; null if it is
   * acceptable.
   */
  async faultOf(password: string, email: string): Promise<string | null> {
    const length = Array.from(password.normalize('NFC')).length;
    if (length < this.environment.PASSWORD_MIN_LENGTH)
      return `password must have at least ${this.environment.PASSWORD_MIN_LENGTH} characters`;
    if (await this.estimator.isListed([comparable(password), password.normalize('NFKC').toLowerCase()]))
      return `password is on a list of breached passwords and well-known phrases; ${ADVICE}`;
    const weaknesses = await weaknessesOf(
      this.estimator,
      password,
      contextWords(email, this.environment.PRODUCT_NAME),
    );
    if (!weaknesses) return null;
    const reasons = [...weaknesses].map((weakness) => WEAKNESSES[weakness]);
    return `password is easy to guess${reasons.length > 0 ? `, it consists of ${joined(reasons)}` : ''}; ${ADVICE}`;
  }
}

/**
 * Returns the guessable parts of a password; null if it is strong. The password is evaluated without its punctuation,
 * which may only separate words, and also as typed if symbols may replace letters.
 */
async function weaknessesOf(
  estimator: StrengthEstimator,
  password: string,
  context: readonly string[],
): Promise<ReadonlySet<Weakness> | null> {
  const asTyped = password.normalize('NFKC').toLowerCase();
  const isPunctuated = separatorKinds(password) > MAX_SEPARATOR_KINDS;
  const texts = isPunctuated ? [asTyped] : [comparable(password)];
  if (!isPunctuated && LOOK_ALIKES.test(asTyped)) texts.push(asTyped);
  for (const text of texts) {
    const found = await weaknessesOfText(estimator, text.slice(0, MAX_JUDGED), context);
    if (found) return found;
  }
  return null;
}

/** Returns null if one piece of the text is strong enough, because the whole text then is, too. */
async function weaknessesOfText(
  estimator: StrengthEstimator,
  text: string,
  context: readonly string[],
): Promise<ReadonlySet<Weakness> | null> {
  // Removed first, because the library does not recognise them inside a repetition.
  const rest = context.reduce((left, word) => left.replaceAll(word, ''), text);
  const found = new Set<Weakness>(rest === text ? [] : ['context']);
  if (text === '') found.add('repetition');
  for (let start = 0; start < rest.length; start += PIECE) {
    const estimate = await estimator.estimate(rest.slice(start, start + PIECE), context);
    if (estimate.isSafe && estimate.digits >= MIN_DIGITS) return null;
    for (const weakness of estimate.weaknesses) found.add(weakness);
  }
  return found;
}

function joined(reasons: readonly string[]): string {
  return reasons.length === 1 ? reasons[0]! : `${reasons.slice(0, -1).join(', ')} and ${reasons.at(-1)!}`;
}

/** The words of an address and of the service, normalised, longest first. */
function contextWords(email: string, productName: string): string[] {
  const ofAddress = [email, ...email.split('@'), ...email.split(NO_LETTERS)];
  const ofService = [SOFTWARE_NAME, productName, ...productName.split(NO_LETTERS)];
  return [...new Set([...ofAddress, ...ofService].map(comparable))]
    .filter((part) => part.length >= SHORTEST_CONTEXT_WORD)
    .toSorted((one, other) => other.length - one.length);
}
