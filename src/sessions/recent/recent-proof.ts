import { Injectable } from '@nestjs/common';
import type { SessionPrincipal } from '../../platform/access/principal.js';
import { Clock } from '../../platform/clock/clock.js';
import { Environment } from '../../platform/config/environment.js';
import { Problem } from '../../platform/errors/problem.js';
import type { AssuranceLevel } from '../proofs.js';
import { SessionErrors } from '../session.errors.js';
import type { Session } from '../session.entity.js';
import { SessionsRepository } from '../sessions.repository.js';
import { type StepUpMethod, StepUpMethods } from './step-up-methods.js';

/**
 * Whether a session's user has proven lately who they are. The row in PostgreSQL decides, never the token, whose claims
 * are as old as itself, nor the copy in Redis: so a step-up on one instance holds on all at once, and a session that has
 * ended does nothing here within the second that its copies may live.
 */
@Injectable()
export class RecentProof {
  constructor(
    private readonly sessions: SessionsRepository,
    private readonly methods: StepUpMethods,
    private readonly environment: Environment,
    private readonly clock: Clock,
  ) {}

  /** The problem to answer with, `ended` for a session that is over, or null where the proof is recent enough. */
  async faultOf({ userId, sessionId }: SessionPrincipal): Promise<Problem | 'ended' | null> {
    const session = await this.sessions.findLive(sessionId, this.clock.now());
    if (session?.userId !== userId) return 'ended';
    const isRecent = this.ageMs(session) <= this.environment.STEP_UP_MAX_AGE_SECONDS * 1000;
    if (isRecent && isEnough(session.acr, await this.methods.levelOf(userId))) return null;
    return this.insufficient(userId);
  }

  /** Throws `insufficient_user_authentication` where this method would not raise the account's sessions. */
  async assertOffered(method: StepUpMethod, userId: string): Promise<void> {
    const { methods } = await this.methods.reachOf(userId);
    if (!methods.includes(method)) throw await this.insufficient(userId);
  }

  /** `insufficient_user_authentication`: what the account has to prove, and how old that may be (RFC 9470 section 3). */
  private async insufficient(userId: string): Promise<Problem> {
    const { acr, methods } = await this.methods.reachOf(userId);
    const challenge = [
      'error="insufficient_user_authentication"',
      `acr_values="${acr}"`,
      `max_age="${this.environment.STEP_UP_MAX_AGE_SECONDS}"`,
    ];
    return new Problem(SessionErrors.insufficient_user_authentication, {
      headers: { 'www-authenticate': `Bearer ${challenge.join(', ')}` },
      extensions: { methods },
    });
  }

  private ageMs({ authTime, createdAt }: Session): number {
    return this.clock.nowMs() - (authTime ?? createdAt).getTime();
  }
}

const isEnough = (held: AssuranceLevel, asked: AssuranceLevel) => held === 'aal2' || asked === 'aal1';
