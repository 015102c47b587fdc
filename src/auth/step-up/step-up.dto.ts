import { ApiProperty } from '@nestjs/swagger';
import { IsPasswordText } from '../credentials/passwords/password.decorator.js';

/** A further proof of identity in an existing session. */
export class StepUpDto {
  @ApiProperty({ format: 'password', maxLength: 256, example: 'wandering otters hum at 4 bells' })
  @IsPasswordText()
  password: string;
}
