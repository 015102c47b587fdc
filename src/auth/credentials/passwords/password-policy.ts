import { Injectable } from '@nestjs/common';
import { Environment } from '../../../platform/config/environment.js';
import { comparable, separatorKinds } from './comparable-text.js';
import { StrengthEstimator, type Weakness } from './strength-estimator.js';

/**
 * Decimal digits of guesses that a password must take. Three random words of the BIP39 list take fewer in 1 of 200
 * cases, four in none of 8,000; "superman 1985" and the like stay below.
 */
const MIN_DIGITS = 6;

/** Texts are judged in pieces of so many characters, one a turn of the event loop; each takes some 10 ms at most. */
const PIECE = 36;

/** Further characters are ignored: a text that is weak after 128 characters is a repetition. */
const MAX_JUDGED = 128;

/** With more kinds of punctuation, it is part of the password and not a separator between words. */
const MAX_SEPARATOR_KINDS = 4;

/** Symbols that stand for letters, as in `p@$$word`. */
const LOOK_ALIKES = /[@({[<#&!/|$+%]/;

const PRODUCT_NAME = 'portcullis';
const SHORTEST_CONTEXT_WORD = 3;

const ADVICE = 'use four or more random words, or one made by a password manager';

const WORDS: Readonly<Record<Weakness, string>> = {
  context: 'parts of your address or the name of the service',
  repetition: 'repetitions',
  keys: 'neighbouring keys',
  sequence: 'sequences such as abc or 123',
  date: 'dates or years',
  word: 'common words, names or passwords',
};

/**
 * Which new passwords are acceptable, by NIST SP 800-63B-4 section 3.1.1.2: a minimum length, a blocklist, words of
 * the context, and an estimate of the guesses that an attacker needs; no rules of composition.
 */
@Injectable()
export class PasswordPolicy {
  constructor(private readonly environment: Environment) {}

  /** Why a password is not acceptable for an account and how to do better, as a sentence; null when it is. */
  async faultOf(password: string, email: string): Promise<string | null> {
    const length = Array.from(password.normalize('NFC')).length;
    if (length < this.environment.PASSWORD_MIN_LENGTH)
      return `password must have at least ${this.environment.PASSWORD_MIN_LENGTH} characters`;
    const estimator = await StrengthEstimator.load();
    const text = comparable(password);
    if (estimator.isListed(text) || estimator.isListed(password.normalize('NFKC').toLowerCase()))
      return `password is on a list of breached passwords and well-known phrases; ${ADVICE}`;
    const weaknesses = await weaknessesOf(estimator, password, contextWords(email));
    if (!weaknesses) return null;
    const reasons = [...weaknesses].map((weakness) => WORDS[weakness]);
    return `password is easy to guess${reasons.length > 0 ? `, it consists of ${joined(reasons)}` : ''}; ${ADVICE}`;
  }
}

/**
 * The guessable parts of a password; null if it is strong. It is judged without its punctuation, which may stand
 * between words, and as it was typed where symbols may stand for letters.
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

/** Null when one piece of the text is strong enough, which makes the whole so. */
async function weaknessesOfText(
  estimator: StrengthEstimator,
  text: string,
  context: readonly string[],
): Promise<ReadonlySet<Weakness> | null> {
  // Taken out first, because the library does not know them inside of a repetition.
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

/** The words of an address and of the service, as they are compared, the longest first. */
function contextWords(email: string): string[] {
  const parts = [PRODUCT_NAME, email, ...email.split('@'), ...email.split(/[^\p{L}\p{N}]+/u)].map(comparable);
  return [...new Set(parts)]
    .filter((part) => part.length >= SHORTEST_CONTEXT_WORD)
    .toSorted((one, other) => other.length - one.length);
}
