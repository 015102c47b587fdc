import { Controller, Get, Header } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { Public } from '../../platform/access/access.decorator.js';
import { JwkSetDto } from '../dto/jwk-set.dto.js';
import { KeyRing } from './key-ring.js';
import { JWKS_MAX_AGE_SECONDS } from './key-schedule.js';

@ApiTags('keys')
@Controller('.well-known')
@Public()
export class JwksController {
  constructor(private readonly keys: KeyRing) {}

  /** The public keys that verify access tokens, without asking this service (RFC 7517). */
  @Get('jwks.json')
  @ApiOperation({ summary: 'List the public keys' })
  @Header('content-type', 'application/jwk-set+json')
  @Header('cache-control', `public, max-age=${JWKS_MAX_AGE_SECONDS}`)
  @ApiProduces('application/jwk-set+json')
  keySet(): JwkSetDto {
    return { keys: this.keys.publicKeys() };
  }
}
