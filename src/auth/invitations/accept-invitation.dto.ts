import { ApiProperty } from '@nestjs/swagger';
import { IfPresent } from '../../platform/http/validation/if-present.decorator.js';
import { IsSecretText } from '../../platform/secrets/secret-text.decorator.js';
import { IsDisplayName } from '../../users/display-name.decorator.js';
import { IsPasswordText } from '../credentials/passwords/password.decorator.js';

/** The token of an invitation, and what the owner of the account chooses. */
export class AcceptInvitationDto {
  /** What follows `#token=` in the link. */
  @ApiProperty({ maxLength: 200, example: 'kZ3yqkq0b0m7l6w1Y8VtqJYw3a0T0mJcF1c2yQnq3sE' })
  @IsSecretText()
  token: string;

  /** At least 15 characters (`PASSWORD_MIN_LENGTH`), none of the common or breached ones. */
  @ApiProperty({ format: 'password', maxLength: 256, example: 'wandering otters hum at 4 bells' })
  @IsPasswordText()
  password: string;

  /** 1 to 80 printable characters; absent, the name that the invitation gave is kept. */
  @ApiProperty({ type: String, maxLength: 80, example: 'Ada Lovelace' })
  @IfPresent()
  @IsDisplayName()
  displayName?: string;
}
