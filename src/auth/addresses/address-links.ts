import { Injectable } from '@nestjs/common';
import type { SessionPrincipal } from '../../platform/access/principal.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import { type CodeAttempt, SingleUseSecrets } from '../../platform/secrets/single-use-secrets.js';
import { AccountSecrets, type SpentSecret } from '../account-secrets.js';
import { AddressChanges } from './address-changes.js';
import type { AddressFlow } from './address-flow.js';
import { AddressProofs } from './address-proofs.js';

/** A secret that was spent, and what it finishes. */
export interface SpentAddressLink extends SpentSecret {
  readonly flow: AddressFlow;
}

/** The links and codes of both kinds of mails that ask for the proof of an address: people need not know which they have. */
@Injectable()
export class AddressLinks {
  private readonly flows: readonly AddressFlow[];

  constructor(
    proofs: AddressProofs,
    changes: AddressChanges,
    private readonly secrets: SingleUseSecrets,
    private readonly accountSecrets: AccountSecrets,
  ) {
    this.flows = [proofs, changes];
  }

  /** Returns the present or former owner of a token; nothing may be decided by it. */
  async ownerOf(token: string): Promise<string | null> {
    const owners = await Promise.all(this.flows.map(({ purpose }) => this.secrets.subjectOf(purpose, token)));
    return owners.find((owner) => owner !== null) ?? null;
  }

  /** Spends a token; null where it is not valid. */
  async spend(tx: Transaction, token: string): Promise<SpentAddressLink | null> {
    for (const flow of this.flows) {
      const spent = await this.accountSecrets.spend(tx, flow.purpose, token);
      if (spent) return { ...spent, flow };
    }
    return null;
  }

  /** Counts an attempt at the codes of a session, and commits that. */
  async attemptCode({ userId: subject, sessionId: context }: SessionPrincipal): Promise<CodeAttempt[]> {
    return Promise.all(
      this.flows.map(({ purpose }) => this.secrets.attemptCode({ purpose, subject, context })),
    );
  }

  /** Spends a code of which an attempt was counted; null where it is not valid. */
  async spendCode(
    tx: Transaction,
    attempts: readonly CodeAttempt[],
    code: string,
  ): Promise<SpentAddressLink | null> {
    for (const attempt of attempts) {
      const flow = this.flows.find(({ purpose }) => purpose === attempt.purpose)!;
      const spent = await this.accountSecrets.spendCode(tx, attempt, code);
      if (spent) return { ...spent, flow };
    }
    return null;
  }
}
