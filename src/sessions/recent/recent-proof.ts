import { Injectable } from '@nestjs/common';
import type { SessionPrincipal } from '../../platform/access/principal.js';
import { Clock } from '../../platform/clock/clock.js';
import { Environment } from '../../platform/config/environment.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import { Problem } from '../../platform/errors/problem.js';
import type { AssuranceLevel } from '../proofs.js';
import { SessionErrors } from '../session.errors.js';
import type { Session } from '../session.entity.js';
import { SessionsRepository } from '../sessions.repository.js';
import { type StepUpMethod, StepUpMethods, type StepUpOptions } from './step-up-methods.js';

/** What the proofs of a session must be. */
export interface ProofDemand {
  /** The level; without it, the one that the account can reach. */
  readonly acr?: AssuranceLevel | null;
  /** How long ago the latest proof may be; without it, any time. */
  readonly maxAgeSeconds?: number | null;
}

/**
 * Checks whether the user of a session has authenticated recently. It reads the row in PostgreSQL and never the token
 * or the copy in Redis, both of which can be out of date: a step-up on one instance takes effect on all of them at
 * once, and a session that has just ended is refused here even while a copy still shows it as live.
 */
@Injectable()
export class RecentProof {
  constructor(
    private readonly sessions: SessionsRepository,
    private readonly methods: StepUpMethods,
    private readonly environment: Environment,
    private readonly clock: Clock,
  ) {}

  /**
   * Returns null if the proof is enough, `ended` if the session is over, and the problem to respond with otherwise. By
   * default, the proof must be as recent as `STEP_UP_MAX_AGE_SECONDS` says, at the level that the account can reach.
   */
  async problemOf(
    { userId, sessionId }: SessionPrincipal,
    { acr = null, maxAgeSeconds = null }: ProofDemand = {
      maxAgeSeconds: this.environment.STEP_UP_MAX_AGE_SECONDS,
    },
  ): Promise<Problem | 'ended' | null> {
    const found = await this.sessions.findLive(sessionId, this.clock.now());
    if (found?.owner.id !== userId) return 'ended';
    const { session } = found;
    if (this.isInTime(session, maxAgeSeconds)) {
      const level = acr ?? (await this.methods.levelOf(userId));
      if (isEnough(session.acr, level)) return null;
      if (acr === null) {
        // A factor that was added between these two reads has raised the session in the same transaction.
        const raised = await this.sessions.findLive(sessionId, this.clock.now());
        if (!raised) return 'ended';
        if (isEnough(raised.session.acr, level)) return null;
      }
    }
    return this.insufficient(session, { acr, maxAgeSeconds });
  }

  /**
   * Judges a session whose row is locked, by the default of {@link problemOf}. Throws `insufficient_user_authentication`. A
   * request that waited for the lock was judged before what it waited for, such as the removal of the factor that is its proof.
   */
  async assertHolds(tx: Transaction, session: Session): Promise<void> {
    const maxAgeSeconds = this.environment.STEP_UP_MAX_AGE_SECONDS;
    if (this.isInTime(session, maxAgeSeconds)) {
      const level = await this.methods.levelOf(session.userId, tx);
      if (isEnough(session.acr, level)) return;
    }
    throw await this.insufficient(session, { maxAgeSeconds }, tx);
  }

  /**
   * Returns what the caller's session can reach. Throws `insufficient_user_authentication` if a step-up by this method would
   * not lead there, and `session_ended`.
   */
  async assertOffered(method: StepUpMethod, { userId, sessionId }: SessionPrincipal): Promise<StepUpOptions> {
    const found = await this.sessions.findLive(sessionId, this.clock.now());
    if (found?.owner.id !== userId) throw new Problem(SessionErrors.session_ended);
    const options = await this.methods.optionsOf(userId, found.session.amr);
    if (options.methods.includes(method)) return options;
    throw stepUpProblem(options, { maxAgeSeconds: this.environment.STEP_UP_MAX_AGE_SECONDS });
  }

  /** The problem that states the required proof, and the methods by which the session can be brought there. */
  async insufficient(
    { userId, amr }: Pick<Session, 'userId' | 'amr'>,
    demand: ProofDemand,
    tx?: Transaction,
  ): Promise<Problem> {
    return stepUpProblem(await this.methods.optionsOf(userId, amr, tx), demand);
  }

  /** The factors that proved a session can be removed, which leaves no proof that could be recent. */
  private isInTime({ amr, authTime, createdAt }: Session, maxAgeSeconds: number | null): boolean {
    if (amr.length === 0) return false;
    const ageMs = this.clock.nowMs() - (authTime ?? createdAt).getTime();
    return maxAgeSeconds === null || ageMs <= maxAgeSeconds * 1000;
  }
}

/** States the required level and the maximum age of the proof (RFC 9470 section 3). */
function stepUpProblem({ acr, methods }: StepUpOptions, demand: ProofDemand): Problem {
  const challenge = [
    'error="insufficient_user_authentication"',
    `acr_values="${demand.acr ?? acr}"`,
    ...(demand.maxAgeSeconds == null ? [] : [`max_age="${demand.maxAgeSeconds}"`]),
  ];
  return new Problem(SessionErrors.insufficient_user_authentication, {
    headers: { 'www-authenticate': `Bearer ${challenge.join(', ')}` },
    extensions: { methods },
  });
}

const isEnough = (held: AssuranceLevel, asked: AssuranceLevel) => held === 'aal2' || asked === 'aal1';
