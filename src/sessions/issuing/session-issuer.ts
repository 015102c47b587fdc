import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { Origin } from '../../platform/http/origin.js';
import { profileOf } from '../../users/profile.js';
import type { User } from '../../users/user.entity.js';
import { UsersService } from '../../users/users.service.js';
import { SessionDevices } from '../devices/session-devices.js';
import type { IssuedSession } from '../issued-session.js';
import { type Proof, provenState } from '../proofs.js';
import { SessionsRepository } from '../sessions.repository.js';
import { clearFailures } from './earlier-failures.js';
import { SessionConditions, type UnmetCondition } from './session-conditions.js';
import { SessionOpening } from './session-opening.js';
import { SignInRecorder } from './sign-in-recorder.js';

/** The account that signs in, and the factors that it has just proven. */
export interface SessionRequest {
  readonly userId: string;
  readonly proofs: readonly [Proof, ...Proof[]];
  /** The device that signs in; null if it has no genuine token. */
  readonly deviceId: string | null;
  /** Whether the account has signed in on that device before. */
  readonly isKnownDevice: boolean;
  /** Keyed digest of the submitted address, for the audit trail. */
  readonly emailDigest: string;
  /** How long ago the factors were proven, milliseconds; just now unless it is given. */
  readonly proofAgeMs?: number;
}

/** A request for a session of an account, which is locked, that does not meet a condition. */
export interface UnmetRequest extends UnmetCondition {
  readonly kind: 'unmet';
  readonly user: User;
}

/**
 * What came of a request for a session. A session that is not issued is no error here, because an error would roll the
 * caller's transaction back: a login with the right password that lacks a factor commits its challenge in it, although
 * the client is refused.
 */
export type IssueOutcome =
  | { readonly kind: 'issued'; readonly issued: IssuedSession }
  /**
   * The account does not exist, is disabled or was never accepted by its invited owner, or a proof is no longer valid.
   * Callers respond to all of these as to a wrong credential.
   */
  | { readonly kind: 'outdated' }
  | UnmetRequest;

/**
 * The only place that creates sessions; `architecture.spec.ts` forbids any other insert. On every path it checks,
 * under the lock of the account, that the account is enabled, that each proof is still valid and that every registered
 * condition is met. The attempt of a guessable proof was counted earlier; its count is reset here, with the session.
 */
@Injectable()
export class SessionIssuer {
  constructor(
    private readonly users: UsersService,
    private readonly conditions: SessionConditions,
    private readonly opening: SessionOpening,
    private readonly sessions: SessionsRepository,
    private readonly devices: SessionDevices,
    private readonly signIns: SignInRecorder,
  ) {}

  /**
   * Issues a session if the account and the proofs allow it. If they do not, a caller whose proofs must be spent only
   * with a session rolls the transaction back.
   */
  async issue(tx: Transaction, request: SessionRequest, origin: Origin): Promise<IssueOutcome> {
    const { userId, proofs } = request;
    const user = await this.users.lock(tx, userId);
    if (!user || user.disabledAt !== null || user.invitedAt !== null) return { kind: 'outdated' };
    for (const proof of proofs) if (!(await proof.stillHolds(tx))) return { kind: 'outdated' };
    const unmet = await this.conditions.firstUnmet(tx, user, proofs);
    if (unmet) return { kind: 'unmet', user, ...unmet };
    return { kind: 'issued', issued: await this.create(tx, user, request, origin) };
  }

  private async create(
    tx: Transaction,
    user: User,
    request: SessionRequest,
    origin: Origin,
  ): Promise<IssuedSession> {
    const { proofs } = request;
    const failures = await clearFailures(tx, proofs);
    const proven = { ...provenState(proofs), ageMs: request.proofAgeMs ?? 0 };
    const session = await this.opening.open(tx, user, request.deviceId, proven, origin);
    await this.sessions.insert(tx, session);
    await this.users.noteLogin(tx, user, session.createdAt);
    const { emailDigest, isKnownDevice } = request;
    await this.signIns.record(tx, { user, session, failures, isKnownDevice, emailDigest }, origin);
    const deviceToken = await this.devices.remember(tx, session, request.emailDigest);
    return { profile: profileOf(user), session, readAt: session.rotatedAt, deviceToken };
  }
}
