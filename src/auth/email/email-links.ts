import { Injectable } from '@nestjs/common';
import type { SessionPrincipal } from '../../platform/access/principal.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { CodeAttempt } from '../../platform/secrets/secret-use.js';
import { SingleUseSecrets } from '../../platform/secrets/single-use-secrets.js';
import { AccountSecrets, type SpentSecret } from '../account-secrets.js';
import { EmailChanges } from './email-changes.js';
import type { EmailLinkFlow } from './email-link-flow.js';
import { EmailProofs } from './email-proofs.js';

/** A spent secret and what it completes. */
export interface SpentEmailLink extends SpentSecret {
  readonly flow: EmailLinkFlow;
}

/** Links and codes of both kinds of verification mails; clients need not know which kind they have. */
@Injectable()
export class EmailLinks {
  private readonly flows: readonly EmailLinkFlow[];

  constructor(
    proofs: EmailProofs,
    changes: EmailChanges,
    private readonly secrets: SingleUseSecrets,
    private readonly accountSecrets: AccountSecrets,
  ) {
    this.flows = [proofs, changes];
  }

  /** Returns the current or former owner of a token. Nothing may be decided by the result. */
  async ownerOf(token: string): Promise<string | null> {
    const owners = await Promise.all(this.flows.map(({ purpose }) => this.secrets.subjectOf(purpose, token)));
    return owners.find((owner) => owner !== null) ?? null;
  }

  /** Spends a token; returns null if it is not valid. */
  async spend(tx: Transaction, token: string): Promise<SpentEmailLink | null> {
    for (const flow of this.flows) {
      const spent = await this.accountSecrets.spend(tx, flow.purpose, token);
      if (spent) return { ...spent, flow };
    }
    return null;
  }

  /** Counts an attempt at the codes of a session and commits the count. */
  async attemptCode({ userId: subject, sessionId: context }: SessionPrincipal): Promise<CodeAttempt[]> {
    return Promise.all(
      this.flows.map(({ purpose }) => this.secrets.attemptCode({ purpose, subject, context })),
    );
  }

  /** Spends a code whose attempt has been counted; returns null if it is not valid. */
  async spendCode(
    tx: Transaction,
    attempts: readonly CodeAttempt[],
    code: string,
  ): Promise<SpentEmailLink | null> {
    for (const attempt of attempts) {
      const flow = this.flows.find(({ purpose }) => purpose === attempt.purpose)!;
      const spent = await this.accountSecrets.spendCode(tx, attempt, code);
      if (spent) return { ...spent, flow };
    }
    return null;
  }
}
