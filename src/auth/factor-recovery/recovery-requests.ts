import { Injectable } from '@nestjs/common';
import type { Origin } from '../../platform/http/origin.js';
import { MailOutbox } from '../../platform/mail/mail-outbox.js';
import { HASH_CHANGED } from '../guesses/compared-password.js';
import { PasswordGuesses, type CorrectGuess, type SubmittedPassword } from '../guesses/password-guesses.js';
import { RecoveryRuns } from './recovery-runs.js';
import { RecoveryStart, type StartOutcome } from './recovery-start.js';

/** Takes requests for the recovery of lost factors. A password counts and is compared as at a login. */
@Injectable()
export class RecoveryRequests {
  constructor(
    private readonly runs: RecoveryRuns,
    private readonly start: RecoveryStart,
    private readonly mails: MailOutbox,
    private readonly guesses: PasswordGuesses,
  ) {}

  /**
   * Returns normally for right and wrong passwords, and does nothing if recoveries are switched off. Throws
   * `mail_unconfigured`, `rate_limited` after too many failures, or `overloaded` if too many hashes are queued.
   */
  async request(submitted: SubmittedPassword, origin: Origin): Promise<void> {
    if (this.runs.isOff) return;
    this.mails.assertConfigured();
    await this.guesses.judge(submitted, origin, (guess) => this.startFor(guess, origin));
  }

  private async startFor(
    { userId, hash, attempt }: CorrectGuess,
    origin: Origin,
  ): Promise<Exclude<StartOutcome, 'outdated'> | typeof HASH_CHANGED> {
    const outcome = await this.start.start(userId, hash, origin);
    if (outcome === 'outdated') return HASH_CHANGED;
    // Where no mail tells the owner, a right password counts like a wrong one. Otherwise a guesser could tell it from a
    // wrong one by the limit, and nobody would notice.
    if (outcome === 'running') await attempt.refund();
    return outcome;
  }
}
