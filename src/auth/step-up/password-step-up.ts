import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { SessionPrincipal } from '../../platform/access/principal.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import type { Origin } from '../../platform/http/origin.js';
import type { IssuedSession } from '../../sessions/issued-session.js';
import type { Proof } from '../../sessions/proofs.js';
import { SessionStepUp } from '../../sessions/recent/session-step-up.js';
import { StepUpMethods } from '../../sessions/recent/step-up-methods.js';
import { PasswordCredentialsRepository } from '../credentials/passwords/password-credentials.repository.js';
import { PasswordHasher } from '../credentials/passwords/password-hasher.js';
import { HASH_CHANGED } from '../guesses/compared-password.js';
import type { RightGuess } from '../guesses/password-judgement.js';

/** Accepts passwords as step-up proofs. */
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
    this.methods.register('aal1', async (userId, tx) =>
      (await this.credentials.exists(userId, tx)) ? ['password'] : [],
    );
  }

  /** Throws `overloaded` if a comparison that is requested now would end too late. */
  async assertRoom(): Promise<void> {
    await this.hasher.assertRoom('owners');
  }

  /** Returns HASH_CHANGED if the account no longer has the hash. Throws what {@link SessionStepUp} throws. */
  async prove(
    principal: SessionPrincipal,
    { attempt, emailDigest, hash }: RightGuess,
    origin: Origin,
  ): Promise<IssuedSession | typeof HASH_CHANGED> {
    const proof: Proof = {
      method: 'pwd',
      attempt,
      stillHolds: (tx) => this.credentials.hasHash(tx, principal.userId, hash),
    };
    const request = { principal, proofs: [proof] as const, emailDigest };
    return (await this.transactions.run((tx) => this.steps.stepUp(tx, request, origin))) ?? HASH_CHANGED;
  }
}
