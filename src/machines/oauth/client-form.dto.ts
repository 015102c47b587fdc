import { ApiProperty } from '@nestjs/swagger';

/** Who the client is, if it does not say so in `Authorization: Basic`. */
export class ClientFormDto {
  /** The id of the service account. */
  @ApiProperty({ required: false, format: 'uuid', example: '019abf6f-0b6e-7c1f-8d5e-2f4b6a8c0e1d' })
  client_id?: string;

  /** One of its keys. */
  @ApiProperty({
    required: false,
    format: 'password',
    example: 'ptc_s_0000000000000000000000000000000000000',
  })
  client_secret?: string;
}
