import { ApiProperty } from '@nestjs/swagger';
import { IsString, MaxLength } from 'class-validator';

const MAX_ADDRESS = 8192;

/** Where to go after a login. */
export class RedirectQueryDto {
  @ApiProperty({
    description:
      'The address of the request that caused the login, on one of the origins of `GATEWAY_ORIGINS`.',
    example: 'https://example.org:8443/reports?month=11',
  })
  @IsString()
  @MaxLength(MAX_ADDRESS)
  rd: string;
}
