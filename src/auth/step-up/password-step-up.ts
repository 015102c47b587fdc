import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { SessionPrincipal } from '../../platform/access/principal.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import type { Origin } from '../../platform/http/origin.js';
import type { GuessingAttempt } from '../../rate-limit/guessing/account-guessing.js';
import type { IssuedSession } from '../../sessions/issued-session.js';
import type { Proof } from '../../sessions/proofs.js';
import { SessionStepUp } from '../../sessions/recent/session-step-up.js';
import { StepUpMethods } from '../../sessions/recent/step-up-methods.js';
import {
  PasswordCredentialsRepository,
  type UserWithHash,
} from '../credentials/passwords/password-credentials.repository.js';
import { PasswordHasher } from '../credentials/passwords/password-hasher.js';

/** A password to compare; the attempt has already been counted as a failure. */
export interface PasswordGuess {
  readonly password: string;
  readonly attempt: GuessingAttempt;
  /** Keyed digest of the account's address. */
  readonly emailDigest: string;
}

/** Verifies passwords as step-up proofs. */
@Injectable()
export class PasswordStepUp implements OnModuleInit {
  constructor(
    private readonly methods: StepUpMethods,
    private readonly credentials: PasswordCredentialsRepository,
    private readonly hasher: PasswordHasher,
    private readonly steps: SessionStepUp,
    private readonly transactions: TransactionRunner,
  ) {}

  /** Registers the password as a step-up method of every account that has one. */
  onModuleInit(): void {
    this.methods.register('aal1', async (userId) =>
      (await this.credentials.exists(userId)) ? ['password'] : [],
    );
  }

  /** Throws `overloaded` if a comparison that starts now would wait too long. */
  async assertRoom(): Promise<void> {
    await this.hasher.assertRoom('owners');
  }

  /**
   * Returns null if the password is wrong or no longer that of the account. Throws what {@link SessionStepUp} throws.
   */
  async prove(
    principal: SessionPrincipal,
    first: UserWithHash,
    { password, attempt, emailDigest }: PasswordGuess,
    origin: Origin,
  ): Promise<IssuedSession | null> {
    let found: UserWithHash | null = first;
    while (await this.hasher.verify(password, found?.hash ?? null, principal.userId)) {
      const hash: string = found!.hash!;
      const proof: Proof = {
        method: 'pwd',
        attempt,
        stillHolds: (tx) => this.credentials.hasHash(tx, principal.userId, hash),
      };
      const request = { principal, proofs: [proof] as const, emailDigest };
      const issued = await this.transactions.run((tx) => this.steps.stepUp(tx, request, origin));
      if (issued) return issued;
      // The hash changed meanwhile. A concurrent login may only have renewed it, so the password is compared again.
      found = await this.credentials.findByUserId(principal.userId);
      if (found?.hash === hash) return null;
    }
    return null;
  }
}
