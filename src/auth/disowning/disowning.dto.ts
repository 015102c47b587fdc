import { ApiProperty } from '@nestjs/swagger';
import { IsSecretText } from '../../platform/secrets/secret-text.decorator.js';

/** The link in the notice of a new device. */
export class DisownSessionDto {
  /** What follows `#token=` in the link. */
  @ApiProperty({ maxLength: 200, example: 'kZ3yqkq0b0m7l6w1Y8VtqJYw3a0T0mJcF1c2yQnq3sE' })
  @IsSecretText()
  token: string;
}
