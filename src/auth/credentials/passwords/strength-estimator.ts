import type { OptionsDictionary, ZxcvbnFactory } from '@zxcvbn-ts/core';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { longPasswords, wellKnownPhrases } from './common-passwords.js';

/**
 * Variants of a text with look-alikes replaced (`p4ssw0rd`). The default of 100 makes a hundred texts of one: 128
 * characters then take 3 s, where 36 take 10 ms with this one. Common spellings are found all the same.
 */
const MAX_SUBSTITUTIONS = 1;

/** Kinds of guessable parts, in the words of the fault that names them. */
export type Weakness = 'context' | 'repetition' | 'keys' | 'sequence' | 'date' | 'word';

/** How guessable a text is. */
export interface Estimate {
  /** Whether the library rates the text 3 or 4 of 4. */
  readonly isSafe: boolean;
  /** Decimal digits of the guesses that its parts take, without those that cost an attacker nothing. */
  readonly digits: number;
  readonly weaknesses: ReadonlySet<Weakness>;
}

/** Guesses below which the library rates a text as unsafe against an attacker who has the hashes. */
const SAFE_GUESSES = 1e8;

/** Patterns that people append to a password: they add nothing to the strength of the rest. */
const FREE: readonly string[] = ['sequence', 'regex', 'separator'];

/** Digits of a date: the library counts every day of 150 years, but people take few of them. */
const DATE_DIGITS = 2;

/** A repetition of so few characters is free. */
const SHORT_REPETITION = 2;

/**
 * zxcvbn with its dictionaries and our lists. They take 0.2 s and 60 MB to load, so they are loaded when the first
 * password is judged: neither the start nor most operator commands pay for them.
 */
export class StrengthEstimator {
  /** Ends when the text before has been judged. */
  private last: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly zxcvbn: ZxcvbnFactory,
    private readonly listed: ReadonlySet<string>,
  ) {}

  private static loading: Promise<StrengthEstimator> | null = null;

  /** The one of this process. */
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

  /** Whether a text, in comparable spelling, is a breached password or a well-known phrase. */
  isListed(text: string): boolean {
    return this.listed.has(text);
  }

  /**
   * Judges a text; the words of the context are worth nothing in it. The time grows with the square of its length. One
   * text is judged in a turn of the event loop: the passwords of a burst of registrations would otherwise hold up
   * everybody else's requests together.
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

/** `qwerty1`, `1234561`: variants of the most common passwords have ranks of their own, but are tried together. */
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
