import { ApiProperty } from '@nestjs/swagger';
import { LOCALES, type Locale } from '../../platform/access/locale.js';
import { ROLES, type Role } from '../../platform/access/principal.js';
import type { Profile } from '../../platform/access/profile.js';

/** An account as shown to its owner. */
export class ProfileDto implements Profile {
  @ApiProperty({ format: 'uuid', example: '019abf6e-3c1a-7d52-9a41-6f0a7e1b2c3d' })
  id: string;

  /** In lower case; addresses are compared in this form. */
  @ApiProperty({ format: 'email', example: 'ada@example.com' })
  email: string;

  @ApiProperty({ type: String, nullable: true, example: 'Ada Lovelace' })
  displayName: string | null;

  @ApiProperty({ enum: ROLES, isArray: true, example: ['user'] })
  roles: Role[];

  /** The language of e-mails to this account. */
  @ApiProperty({ enum: LOCALES, example: 'en' })
  locale: Locale;

  @ApiProperty({ example: false })
  emailVerified: boolean;

  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:30:00.000Z' })
  createdAt: string;

  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:30:00.000Z' })
  updatedAt: string;
}
