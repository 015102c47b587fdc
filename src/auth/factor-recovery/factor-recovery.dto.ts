import { ApiProperty, PickType } from '@nestjs/swagger';
import { IsSecretText } from '../../platform/secrets/secret-text.decorator.js';
import { LoginDto } from '../sign-in/login.dto.js';

/** Whose factors are lost, and the proof that they know the password. */
export class RecoverFactorsDto extends PickType(LoginDto, ['email', 'password'] as const) {}

/** The link in an e-mail about the recovery. */
export class RecoveryLinkDto {
  /** What follows `#token=` in the link. */
  @ApiProperty({ maxLength: 200, example: 'kZ3yqkq0b0m7l6w1Y8VtqJYw3a0T0mJcF1c2yQnq3sE' })
  @IsSecretText()
  token: string;
}
