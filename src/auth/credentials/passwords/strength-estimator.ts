import type { OptionsDictionary, ZxcvbnFactory } from '@zxcvbn-ts/core';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { longPasswords, wellKnownPhrases } from './common-passwords.js';

/**
 * The number of variants with replaced look-alikes (`p4ssw0rd`) that are evaluated for a text. With the default of
 * 100, a text of 128 characters takes 3 s; with this value, one of 36 takes 10 ms, and common spellings are still
 * found.
 */
const MAX_SUBSTITUTIONS = 1;

/** Kinds of guessable parts, which the fault of a password names. */
export type Weakness = 'context' | 'repetition' | 'keys' | 'sequence' | 'date' | 'word';

/** How guessable a text is. */
export interface Estimate {
  /** Whether the library rates the text 3 or 4 of 4. */
  readonly isSafe: boolean;
  /** The guesses that its parts take, as a power of ten, without parts that cost an attacker nothing. */
  readonly digits: number;
  readonly weaknesses: ReadonlySet<Weakness>;
}

/** Guesses below which the library rates a text as unsafe against an attacker who has the hashes. */
const SAFE_GUESSES = 1e8;

/** Patterns that people append to a password; they do not add to its strength. */
const FREE: readonly string[] = ['sequence', 'regex', 'separator'];

/** The guesses for a date, as a power of ten. The library counts every day of 150 years, but people use few of them. */
const DATE_DIGITS = 2;

/** A repetition of at most this many characters does not add to the strength. */
const SHORT_REPETITION = 2;

/**
 * zxcvbn with its dictionaries and our lists. They take 0.2 s and 60 MB to load, so they are loaded only when the
 * first password is evaluated, which the startup and most operator commands never do.
 */
export class StrengthEstimator {
  /** Settles when the previous text has been evaluated. */
  private last: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly zxcvbn: ZxcvbnFactory,
    private readonly listed: ReadonlySet<string>,
  ) {}

  private static loading: Promise<StrengthEstimator> | null = null;

  /** Returns the shared estimator of this process. */
  static load(): Promise<StrengthEstimator> {
    return (this.loading ??= this.read());
  }

  private static async read(): Promise<StrengthEstimator> {
    const [{ ZxcvbnFactory }, common, english] = await Promise.all([
      import('@zxcvbn-ts/core'),
      import('@zxcvbn-ts/language-common'),
      import('@zxcvbn-ts/language-en'),
    ]);
    const ours = { phrases: wellKnownPhrases(), longPasswords: longPasswords() };
    const dictionary: OptionsDictionary = { ...common.dictionary, ...english.dictionary, ...ours };
    const { adjacencyGraphs: graphs } = common;
    return new StrengthEstimator(
      new ZxcvbnFactory({ dictionary, graphs, l33tMaxSubstitutions: MAX_SUBSTITUTIONS }),
      new Set([...common.dictionary['passwords-common'].map(String), ...ours.longPasswords, ...ours.phrases]),
    );
  }

  /** Whether a normalised text is a breached password or a well-known phrase. */
  isListed(text: string): boolean {
    return this.listed.has(text);
  }

  /**
   * Estimates the strength of a text, to which the words of the context do not add. The time grows with the square of
   * the length. One text is evaluated per event-loop turn, because a burst of registrations would otherwise block all
   * other requests.
   */
  estimate(text: string, context: readonly string[]): Promise<Estimate> {
    const judged = this.last.then(() => nextTurn()).then(() => this.judge(text, context));
    this.last = judged.catch(() => undefined);
    return judged;
  }

  private judge(text: string, context: readonly string[]): Estimate {
    const { guesses, sequence } = this.zxcvbn.check(text, [...context]);
    return {
      isSafe: guesses >= SAFE_GUESSES,
      digits: sequence.reduce((sum, match) => sum + digitsOf(match), 0),
      weaknesses: new Set(sequence.flatMap((match) => weaknessOf(match))),
    };
  }
}

type Part = ReturnType<ZxcvbnFactory['check']>['sequence'][number];

const isContext = (part: Part) => part.pattern === 'dictionary' && part['dictionaryName'] === 'userInputs';

/** `qwerty1`, `1234561`: variants of the most common passwords have their own ranks, but are tried together. */
const isBreachedWithDigits = (part: Part) =>
  part['dictionaryName'] === 'passwords-common' && /\d/.test(String(part['matchedWord']));

function digitsOf(part: Part): number {
  if (isContext(part) || FREE.includes(part.pattern)) return 0;
  if (part.pattern === 'date') return DATE_DIGITS;
  if (part.pattern === 'repeat' && String(part['baseToken']).length <= SHORT_REPETITION) return 0;
  const digits = (part as Part & { guessesLog10: number }).guessesLog10;
  return isBreachedWithDigits(part) ? digits / 2 : digits;
}

function weaknessOf(part: Part): Weakness[] {
  if (isContext(part)) return ['context'];
  const { pattern } = part;
  if (pattern === 'dictionary') return ['word'];
  if (pattern === 'repeat') return ['repetition'];
  if (pattern === 'spatial') return ['keys'];
  if (pattern === 'sequence' || pattern === 'wordSequence') return ['sequence'];
  return pattern === 'date' || pattern === 'regex' ? ['date'] : [];
}
