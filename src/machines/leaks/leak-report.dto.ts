import { ApiProperty } from '@nestjs/swagger';
import { IsString, MaxLength } from 'class-validator';
import { IfPresent } from '../../platform/http/validation/if-present.decorator.js';

const MAX_TOKEN = 1000;
const MAX_WORD = 100;

/** A text that was found in a public place, as a secret scanner reports it. */
export class LeakReportDto {
  /** The text. Only one that is an active API key of this service has an effect. */
  @ApiProperty({ maxLength: MAX_TOKEN, example: 'ptc_u_<32 letters and digits><checksum>' })
  @IsString()
  @MaxLength(MAX_TOKEN)
  token: string;

  /** Where it was found; can be empty. What exceeds 2,048 characters is cut off. */
  @ApiProperty({ example: 'https://github.com/example/app/blob/main/.env' })
  @IsString()
  url: string;

  /** What the scanner takes it for; ignored. */
  @ApiProperty({ type: String, maxLength: MAX_WORD, example: 'portcullis_api_key' })
  @IfPresent()
  @IsString()
  @MaxLength(MAX_WORD)
  type?: string;

  /** The kind of place, such as `content` or `commit`. What exceeds 100 characters is cut off. */
  @ApiProperty({ type: String, example: 'content' })
  @IfPresent()
  @IsString()
  source?: string;
}
