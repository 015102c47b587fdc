import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import { type AssuranceLevel, assuranceOf, type AuthenticationMethod, type ProvenFactor } from '../proofs.js';

/** The methods that a step-up accepts, as named in responses. */
export type StepUpMethod = 'passkey' | 'totp' | 'password';

/** Returns the methods that a user can currently use; empty if the user has no such credential. */
export type MethodsOfUser = (userId: string, tx?: Transaction) => Promise<readonly StepUpMethod[]>;

/** The level that a session can reach by a step-up, and the methods that lead to it. */
export interface StepUpOptions {
  readonly acr: AssuranceLevel;
  readonly methods: readonly StepUpMethod[];
  /** Whether a passkey must verify its user, because the session holds nothing with which it would be a second factor. */
  readonly requiresUserVerification: boolean;
}

/** What a proof by a method gives a session at least: not every passkey can verify its user. */
const AT_LEAST = {
  passkey: { method: 'pop', factor: '', userVerified: false },
  totp: { method: 'otp', factor: '' },
  password: { method: 'pwd' },
} as const satisfies Record<StepUpMethod, ProvenFactor>;

/**
 * The methods of a step-up. The module that owns a kind of credential registers it at startup, with the level that a
 * proof with it gives a session.
 */
@Injectable()
export class StepUpMethods {
  private readonly sources: Record<AssuranceLevel, MethodsOfUser[]> = { aal1: [], aal2: [] };

  register(level: AssuranceLevel, methodsOf: MethodsOfUser): void {
    this.sources[level].push(methodsOf);
  }

  /** The level that a recent proof of this account must have: `aal2` as soon as it has a second factor. */
  async levelOf(userId: string, tx?: Transaction): Promise<AssuranceLevel> {
    return (await this.methodsAt('aal2', userId, tx)).length > 0 ? 'aal2' : 'aal1';
  }

  /**
   * Returns what the session can reach. For an account with a second factor, `password` is among the methods only if the
   * session has lost the factor with which it was opened and has no other proof left: a second factor alone would then
   * not be enough for `aal2`. After a step-up by password, it is enough and the response names it.
   */
  async optionsOf(
    userId: string,
    held: readonly AuthenticationMethod[],
    tx?: Transaction,
  ): Promise<StepUpOptions> {
    const factors = await this.methodsAt('aal2', userId, tx);
    const passwords = await this.methodsAt('aal1', userId, tx);
    if (factors.length === 0) return { acr: 'aal1', methods: passwords, requiresUserVerification: false };
    const isShort = (method: StepUpMethod) => assuranceOf([AT_LEAST[method]], held).acr === 'aal1';
    const enough = factors.filter((method) => method === 'passkey' || !isShort(method));
    const requiresUserVerification = isShort('passkey');
    // A key that cannot verify its user would always fail the clients that take the first method.
    const withPasswords = requiresUserVerification ? [...passwords, ...enough] : [...enough, ...passwords];
    return {
      acr: 'aal2',
      methods: factors.some(isShort) ? withPasswords : enough,
      requiresUserVerification,
    };
  }

  private async methodsAt(level: AssuranceLevel, userId: string, tx?: Transaction): Promise<StepUpMethod[]> {
    const found = await Promise.all(this.sources[level].map((methodsOf) => methodsOf(userId, tx)));
    return found.flat();
  }
}
