import { ApiProperty } from '@nestjs/swagger';
import { IsPasswordText } from '../credentials/passwords/password.decorator.js';

/** The own password, and the one that takes its place. */
export class ChangePasswordDto {
  @ApiProperty({ format: 'password', maxLength: 256, example: 'wandering otters hum at 4 bells' })
  @IsPasswordText()
  currentPassword: string;

  /** At least 15 characters (`PASSWORD_MIN_LENGTH`), none of the common or breached ones. */
  @ApiProperty({ format: 'password', maxLength: 256, example: 'seven quiet herons cross the weir' })
  @IsPasswordText()
  newPassword: string;
}
