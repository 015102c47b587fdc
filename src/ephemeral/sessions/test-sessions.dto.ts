import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsUUID } from 'class-validator';
import { IfPresent } from '../../platform/http/validation/if-present.decorator.js';
import { BodySignedInDto } from '../../sessions/dto/signed-in.dto.js';
import type { AssuranceLevel } from '../../sessions/proofs.js';
import { IsDuration } from '../time/duration.js';

const LEVELS: AssuranceLevel[] = ['aal1', 'aal2'];

/** The session to make. */
export class MakeSessionDto {
  @ApiProperty({ format: 'uuid' })
  @IsUUID()
  userId: string;

  /** The highest that the account can reach by default. */
  @ApiProperty({ enum: LEVELS, example: 'aal1' })
  @IfPresent()
  @IsIn(LEVELS, { message: `acr must be one of ${LEVELS.join(', ')}` })
  acr?: AssuranceLevel | null;

  /** How long ago the account's owner has proven who they are; just now by default. */
  @ApiProperty({ type: String, example: '20m' })
  @IfPresent()
  @IsDuration()
  age?: string | null;
}

/** A cookie in the shape that Playwright's `browserContext.addCookies` takes. */
export class BrowserCookieDto {
  name: string;

  value: string;

  @ApiProperty({ example: 'localhost' })
  domain: string;

  @ApiProperty({ example: '/' })
  path: string;

  /** Unix seconds on the machine's clock, which the browser goes by. */
  @ApiProperty({ type: 'integer' })
  expires: number;

  httpOnly: boolean;

  secure: boolean;

  @ApiProperty({ enum: ['Strict', 'Lax'] })
  sameSite: 'Strict' | 'Lax';
}

/** A session by both transports. */
export class TestSessionDto extends BodySignedInDto {
  cookies: BrowserCookieDto[];
}
