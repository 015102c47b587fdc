import { ApiProperty } from '@nestjs/swagger';
import { IsString } from 'class-validator';
import { IfPresent } from '../../platform/http/validation/if-present.decorator.js';

/**
 * A text that was found in a public place, as a secret scanner reports it. No text has a maximum length here: it would keep
 * the keys of all other reports in the list alive.
 */
export class LeakReportDto {
  /** The text. Only one that is an active API key of this service has an effect. */
  @ApiProperty({ example: 'ptc_u_<32 letters and digits><checksum>' })
  @IsString()
  token: string;

  /** Where it was found; can be empty. What exceeds 2,048 characters is cut off. */
  @ApiProperty({ example: 'https://github.com/example/app/blob/main/.env' })
  @IsString()
  url: string;

  /** What the scanner takes it for; ignored. */
  @ApiProperty({ type: String, example: 'portcullis_api_key' })
  @IfPresent()
  @IsString()
  type?: string;

  /** The kind of place, such as `content` or `commit`. What exceeds 100 characters is cut off. */
  @ApiProperty({ type: String, example: 'content' })
  @IfPresent()
  @IsString()
  source?: string;
}
