import { ApiProperty, OmitType } from '@nestjs/swagger';
import { FactorDto } from '../../auth/credentials/factors/factors.dto.js';
import { ApiKeyDto } from '../../machines/keys/api-keys.dto.js';
import { OwnSessionDto } from '../../sessions/own-sessions/own-session.dto.js';
import { ProfileDto } from '../../users/dto/profile.dto.js';
import type { AccountListPage, AccountSummary, AccountView } from '../directory/account-directory.js';
import { ACCOUNT_STATUSES, type AccountStatus } from '../directory/account-status.js';

/** An account in a list. */
export class AccountSummaryDto extends ProfileDto implements AccountSummary {
  /**
   * The first that applies: `disabled`; `locked`, logins from unknown devices are refused after too many failures; `invited`,
   * the invitation has not been accepted; `unverified`, the address has not been verified; `active`.
   */
  @ApiProperty({ enum: ACCOUNT_STATUSES, example: 'active' })
  status: AccountStatus;

  /** Null before the first login. */
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: '2026-11-24T08:00:00.000Z' })
  lastLoginAt: string | null;
}

/** A page of accounts. */
export class AccountPageDto implements AccountListPage {
  @ApiProperty({ type: [AccountSummaryDto] })
  items: AccountSummaryDto[];

  /** The cursor of the next page; null on the last one. A page can have fewer items than `limit` and still have a next one. */
  @ApiProperty({ type: String, nullable: true, example: null })
  nextCursor: string | null;
}

/** An account as shown to an administrator, without any secret. */
export class AccountDto extends AccountSummaryDto implements AccountView {
  /** Null while the account is enabled. */
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: null })
  disabledAt: string | null;

  /** Null if the account is not locked, or if it stays locked until it is unlocked or its password is reset. */
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: null })
  lockedUntil: string | null;

  /** False for an account whose owner has yet to choose a password. */
  @ApiProperty({ example: true })
  passwordSet: boolean;

  @ApiProperty({ type: [FactorDto] })
  factors: FactorDto[];

  /** The active keys, newest first, without the keys themselves. */
  @ApiProperty({ type: [ApiKeyDto] })
  apiKeys: ApiKeyDto[];

  /** Number of live sessions. */
  @ApiProperty({ type: 'integer', example: 2 })
  sessions: number;
}

/** A session of an account. */
export class AccountSessionDto extends OmitType(OwnSessionDto, ['current']) {}

/** The live sessions of an account, newest first; 100 at most. */
export class AccountSessionsDto {
  @ApiProperty({ type: [AccountSessionDto] })
  items: AccountSessionDto[];
}
