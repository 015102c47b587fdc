import type { OptionsDictionary, ZxcvbnFactory } from '@zxcvbn-ts/core';
import { parentPort, workerData } from 'node:worker_threads';
import type { Answer, Question } from '../../../platform/threads/answering-thread.js';
// With this extension, which the compiler rewrites, a thread can load the file compiled and, in tests, as it is.
import { longPasswords, wellKnownPhrases } from './common-passwords.ts';

/*
 * A thread that evaluates passwords with zxcvbn. Loading the dictionaries takes 0.3 s and 90 MB, and a text takes up to 20 ms.
 */

/** What marks the thread's data, so that the file can be loaded elsewhere, too. */
export const STRENGTH_WORKER = 'strength of passwords';

/** Either "is one of these texts listed?", answered by a boolean, or "how guessable is this text?", by an {@link Estimate}. */
export type StrengthQuestion =
  { readonly listed: readonly string[] } | { readonly text: string; readonly context: readonly string[] };

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

/**
 * The number of variants with replaced look-alikes (`p4ssw0rd`) that are evaluated for a text. With the default of
 * 100, a text of 128 characters takes 3 s; with this value, one of 36 takes 10 ms, and common spellings are still
 * found.
 */
const MAX_SUBSTITUTIONS = 1;

/** Guesses below which the library rates a text as unsafe against an attacker who has the hashes. */
const SAFE_GUESSES = 1e8;

/** Patterns that people append to a password; they do not add to its strength. */
const FREE: readonly string[] = ['sequence', 'regex', 'separator'];

/** The guesses for a date, as a power of ten. The library counts every day of 150 years, but people use few of them. */
const DATE_DIGITS = 2;

/** A repetition of at most this many characters does not add to the strength. */
const SHORT_REPETITION = 2;

if (workerData === STRENGTH_WORKER) await serve();

async function serve(): Promise<void> {
  const [{ ZxcvbnFactory }, common, english] = await Promise.all([
    import('@zxcvbn-ts/core'),
    import('@zxcvbn-ts/language-common'),
    import('@zxcvbn-ts/language-en'),
  ]);
  const ours = { phrases: wellKnownPhrases(), longPasswords: longPasswords() };
  const dictionary: OptionsDictionary = { ...common.dictionary, ...english.dictionary, ...ours };
  const { adjacencyGraphs: graphs } = common;
  const zxcvbn = new ZxcvbnFactory({ dictionary, graphs, l33tMaxSubstitutions: MAX_SUBSTITUTIONS });
  const listed = new Set([
    ...common.dictionary['passwords-common'].map(String),
    ...ours.longPasswords,
    ...ours.phrases,
  ]);
  parentPort!.on('message', ({ id, subject }: Question<StrengthQuestion>) => {
    const result =
      'listed' in subject
        ? subject.listed.some((text) => listed.has(text))
        : estimateOf(zxcvbn, subject.text, subject.context);
    const answer: Answer<boolean | Estimate> = { id, result };
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- A thread has no origin.
    parentPort!.postMessage(answer);
  });
}

function estimateOf(zxcvbn: ZxcvbnFactory, text: string, context: readonly string[]): Estimate {
  const { guesses, sequence } = zxcvbn.check(text, [...context]);
  return {
    isSafe: guesses >= SAFE_GUESSES,
    digits: sequence.reduce((sum, match) => sum + digitsOf(match), 0),
    weaknesses: new Set(sequence.flatMap((match) => weaknessOf(match))),
  };
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
