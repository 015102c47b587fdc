import { ApiProperty } from '@nestjs/swagger';
import { IsPasswordText } from '../credentials/passwords/password.decorator.js';

/** Proof, in a session that goes on, of who is at the other end. */
export class StepUpDto {
  @ApiProperty({ format: 'password', maxLength: 256, example: 'wandering otters hum at 4 bells' })
  @IsPasswordText()
  password: string;
}
