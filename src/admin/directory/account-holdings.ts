import { Injectable } from '@nestjs/common';
import { FactorsView } from '../../auth/credentials/factors/factors-view.js';
import type { FactorDto } from '../../auth/credentials/factors/factors.dto.js';
import { PasswordCredentials } from '../../auth/credentials/passwords/password-credentials.js';
import type { ApiKeyDto } from '../../machines/keys/api-keys.dto.js';
import { KeyView } from '../../machines/keys/key-view.js';
import { OwnSessions } from '../../sessions/own-sessions/own-sessions.js';

/** What belongs to an account, without any secret. */
export interface Holdings {
  readonly passwordSet: boolean;
  readonly factors: FactorDto[];
  readonly apiKeys: ApiKeyDto[];
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
    private readonly keys: KeyView,
  ) {}

  async of(userId: string): Promise<Holdings> {
    const [passwordSet, factors, sessions, apiKeys] = await Promise.all([
      this.passwords.exists(userId),
      this.factors.list(userId),
      this.sessions.list({ userId }),
      this.keys.list({ kind: 'user', id: userId }),
    ]);
    return { passwordSet, factors: factors.items, sessions: sessions.length, apiKeys };
  }
}
