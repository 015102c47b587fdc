import { Injectable } from '@nestjs/common';
import type { AssuranceLevel } from '../proofs.js';

/** What a step-up accepts, by the names that clients are told. */
export type StepUpMethod = 'passkey' | 'totp' | 'password';

/** Which methods of its own an account has at this moment; none where it has no such credential. */
export type MethodsOfUser = (userId: string) => Promise<readonly StepUpMethod[]>;

/** What an account can reach by a step-up, and by which methods. */
export interface Reach {
  readonly acr: AssuranceLevel;
  readonly methods: readonly StepUpMethod[];
}

/**
 * By what people can prove again who they are. The module that owns a kind of credential registers it at the start,
 * with the level that a proof by it gives a session.
 */
@Injectable()
export class StepUpMethods {
  private readonly sources: Record<AssuranceLevel, MethodsOfUser[]> = { aal1: [], aal2: [] };

  register(level: AssuranceLevel, methodsOf: MethodsOfUser): void {
    this.sources[level].push(methodsOf);
  }

  /** The level that a recent proof of this account must have: `aal2` from its first factor on. */
  async levelOf(userId: string): Promise<AssuranceLevel> {
    return (await this.methodsAt('aal2', userId)).length > 0 ? 'aal2' : 'aal1';
  }

  /** With a factor, a password alone is not among the methods: it would raise nothing. */
  async reachOf(userId: string): Promise<Reach> {
    const acr = await this.levelOf(userId);
    return { acr, methods: await this.methodsAt(acr, userId) };
  }

  private async methodsAt(level: AssuranceLevel, userId: string): Promise<StepUpMethod[]> {
    const found = await Promise.all(this.sources[level].map((methodsOf) => methodsOf(userId)));
    return found.flat();
  }
}
