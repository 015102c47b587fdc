import { ApiProperty } from '@nestjs/swagger';
import { ValidateIf } from 'class-validator';
import { IsDisplayName } from '../display-name.decorator.js';

/** The whole editable profile. */
export class UpdateProfileDto {
  /** 1 to 80 printable characters; null for no display name. */
  @ApiProperty({ type: String, nullable: true, maxLength: 80, example: 'Ada Lovelace' })
  @ValidateIf((_, value: unknown) => value !== null)
  @IsDisplayName()
  displayName: string | null;
}
