import { Injectable } from '@nestjs/common';
import { Environment } from '../../../platform/config/environment.js';
import { type CommonPasswords, loadCommonPasswords } from './common-passwords.js';

/** What must remain of a password once everything guessable is taken out of it, in characters. */
const MIN_UNPREDICTABLE = 8;

const PRODUCT_NAME = 'portcullis';
const SHORTEST_CONTEXT_WORD = 3;
/** From how many characters on one and the same, or an alphabet, is guessable. */
const SHORTEST_RUN = 4;

/**
 * Which new passwords are acceptable, by NIST SP 800-63B-4 section 3.1.1.2: a minimum length, a blocklist with
 * words of the context, and no rules of composition.
 */
@Injectable()
export class PasswordPolicy {
  private readonly common: CommonPasswords = loadCommonPasswords();
  private readonly longestFragment = Math.max(
    ...[...this.common.fragments].map((fragment) => fragment.length),
  );

  constructor(private readonly environment: Environment) {}

  /** Why a password is not acceptable for an account, as a sentence for its owner; null when it is. */
  faultOf(password: string, email: string): string | null {
    const length = Array.from(password.normalize('NFC')).length;
    if (length < this.environment.PASSWORD_MIN_LENGTH) {
      return `password must have at least ${this.environment.PASSWORD_MIN_LENGTH} characters`;
    }
    const folded = password.normalize('NFKC').toLowerCase();
    if (this.common.all.has(folded)) return 'password is on a list of common passwords';
    if (this.unpredictableLength(folded, contextWords(email)) < MIN_UNPREDICTABLE) {
      return 'password is made of common passwords, parts of your address or the name of the service';
    }
    return null;
  }

  /**
   * Fewest characters that remain, over every way to take guessable words out (dynamic programming over ends). Words of
   * the context are compared one by one and not looked up by each length that the longest of them allows: an address
   * of 254 characters would otherwise make one registration hold up the event loop for most of a second.
   */
  private unpredictableLength(password: string, context: readonly string[]): number {
    const fewest = [0];
    let runStart = 0;
    for (let end = 1; end <= password.length; end += 1) {
      let best = fewest[end - 1]! + 1;
      if (end > 1) runStart = runStartAt(password, end, runStart);
      if (end - runStart >= SHORTEST_RUN) best = Math.min(best, fewest[runStart]!);
      for (const word of context) {
        if (password.endsWith(word, end)) best = Math.min(best, fewest[end - word.length]!);
      }
      for (let start = Math.max(0, end - this.longestFragment); start < end; start += 1) {
        if (fewest[start]! < best && this.common.fragments.has(password.slice(start, end)))
          best = fewest[start]!;
      }
      fewest.push(best);
    }
    return fewest[password.length]!;
  }
}

/**
 * Where the run begins that ends there, of one character or of neighbours in the alphabet; `before` is where the one
 * before it began.
 */
function runStartAt(password: string, end: number, before: number): number {
  const step = (at: number) => password.charCodeAt(at) - password.charCodeAt(at - 1);
  const last = step(end - 1);
  if (Math.abs(last) > 1) return end - 1;
  return before === end - 2 || last === step(end - 2) ? before : end - 2;
}

function contextWords(email: string): string[] {
  const parts = email.split(/[^\p{L}\p{N}]+/u).filter((part) => part.length >= SHORTEST_CONTEXT_WORD);
  return [...new Set([PRODUCT_NAME, email, ...email.split('@'), ...parts])].filter((word) => word !== '');
}
