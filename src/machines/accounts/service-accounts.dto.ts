import { ApiProperty } from '@nestjs/swagger';
import { IsBoolean } from 'class-validator';
import { IfPresent } from '../../platform/http/validation/if-present.decorator.js';
import { IsMachineName } from '../keys/api-keys.dto.js';
import { IsScopes } from '../keys/scopes.decorator.js';

/** The service account to create. */
export class CreateServiceAccountDto {
  @ApiProperty({ minLength: 1, maxLength: 80, example: 'Billing' })
  @IsMachineName()
  name: string;

  /** What its keys may be used for at most. */
  @IsScopes()
  scopes: string[];
}

/** The members to change; the others stay as they are. */
export class UpdateServiceAccountDto {
  @ApiProperty({ minLength: 1, maxLength: 80, example: 'Billing' })
  @IfPresent()
  @IsMachineName()
  name?: string;

  /** Scopes that are taken away are gone from all keys of the account within a second. */
  @IfPresent()
  @IsScopes()
  scopes?: string[];

  /** The keys of a disabled account are refused, and work again once it is enabled. */
  @ApiProperty({ example: false })
  @IfPresent()
  @IsBoolean()
  disabled?: boolean;
}

/** An account of a program. */
export class ServiceAccountDto {
  @ApiProperty({ format: 'uuid', example: '019abf6f-0b6e-7c1f-8d5e-2f4b6a8c0e1d' })
  id: string;

  @ApiProperty({ example: 'Billing' })
  name: string;

  @ApiProperty({ type: [String], example: ['users:read', 'orders:read'] })
  scopes: string[];

  /** Whether its keys are refused for now. */
  disabled: boolean;

  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:30:00.000Z' })
  createdAt: string;
}

/** A page of service accounts, newest first. */
export class ServiceAccountPageDto {
  @ApiProperty({ type: [ServiceAccountDto] })
  items: ServiceAccountDto[];

  /** Null on the last page. */
  @ApiProperty({ type: String, nullable: true, example: null })
  nextCursor: string | null;
}
