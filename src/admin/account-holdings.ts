import { Injectable } from '@nestjs/common';
import { FactorsView } from '../auth/credentials/factors/factors-view.js';
import type { FactorDto } from '../auth/credentials/factors/factors.dto.js';
import { PasswordCredentials } from '../auth/credentials/passwords/password-credentials.js';
import { OwnSessions } from '../sessions/own-sessions/own-sessions.service.js';

/** What belongs to an account, without any secret. */
export interface Holdings {
  readonly passwordSet: boolean;
  readonly factors: FactorDto[];
  /** Number of live sessions. */
  readonly sessions: number;
}

/** Reads what belongs to an account. */
@Injectable()
export class AccountHoldings {
  constructor(
    private readonly passwords: PasswordCredentials,
    private readonly factors: FactorsView,
    private readonly sessions: OwnSessions,
  ) {}

  async of(userId: string): Promise<Holdings> {
    const [passwordSet, factors, sessions] = await Promise.all([
      this.passwords.exists(userId),
      this.factors.list(userId),
      this.sessions.list({ userId }),
    ]);
    return { passwordSet, factors: factors.items, sessions: sessions.length };
  }
}
