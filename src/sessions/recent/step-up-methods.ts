import { Injectable } from '@nestjs/common';
import type { AssuranceLevel } from '../proofs.js';

/** The methods that a step-up accepts, as named in responses. */
export type StepUpMethod = 'passkey' | 'totp' | 'password';

/** Returns the methods that a user can currently use; empty if the user has no such credential. */
export type MethodsOfUser = (userId: string) => Promise<readonly StepUpMethod[]>;

/** The level that an account can reach by a step-up, and the methods that lead to it. */
export interface Reach {
  readonly acr: AssuranceLevel;
  readonly methods: readonly StepUpMethod[];
}

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
  async levelOf(userId: string): Promise<AssuranceLevel> {
    return (await this.methodsAt('aal2', userId)).length > 0 ? 'aal2' : 'aal1';
  }

  /** For an account with a second factor, the methods do not include the password, which is not enough for `aal2`. */
  async reachOf(userId: string): Promise<Reach> {
    const acr = await this.levelOf(userId);
    return { acr, methods: await this.methodsAt(acr, userId) };
  }

  private async methodsAt(level: AssuranceLevel, userId: string): Promise<StepUpMethod[]> {
    const found = await Promise.all(this.sources[level].map((methodsOf) => methodsOf(userId)));
    return found.flat();
  }
}
