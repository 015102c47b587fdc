import { Injectable } from '@nestjs/common';
import { RegisteredFactors } from '../../auth/credentials/factors/registered-factors.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { IssuedSession } from '../../sessions/issued-session.js';
import { type Proof, provenState } from '../../sessions/proofs.js';
import { SessionsRepository } from '../../sessions/sessions.repository.js';

/** A guess that nobody made. */
const NO_GUESS = {
  failures: 0,
  isLast: false,
  succeeded: () => Promise.resolve(0),
  refund: () => Promise.resolve(),
};

const stillHolds = () => Promise.resolve(true);

/** Proofs of tests, which nobody has checked. */
@Injectable()
export class TestProofs {
  constructor(
    private readonly factors: RegisteredFactors,
    private readonly sessions: SessionsRepository,
  ) {}

  /** The proofs with which an account reaches its highest level. */
  async of(userId: string): Promise<readonly [Proof, ...Proof[]]> {
    const password: Proof = { method: 'pwd', attempt: NO_GUESS, stillHolds };
    const [factor] = await this.factors.list(userId);
    if (!factor) return [password];
    return factor.type === 'totp'
      ? [password, { method: 'otp', factor: factor.id, attempt: NO_GUESS, stillHolds }]
      : [password, { method: 'pop', factor: factor.id, userVerified: true, stillHolds }];
  }

  /** Lowers a session to one that began before its account had a factor; no login makes such a one. */
  async lower(
    tx: Transaction,
    { session }: IssuedSession,
    [password]: readonly [Proof, ...Proof[]],
  ): Promise<void> {
    const proven = { ...provenState([password]), authTime: session.authTime };
    await this.sessions.prove(tx, session, proven);
    Object.assign(session, proven);
  }
}
