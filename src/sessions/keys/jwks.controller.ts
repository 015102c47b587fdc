import { Controller, Get, Header } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { Public } from '../../platform/access/access.decorator.js';
import { JwkSetDto } from './jwk-set.dto.js';
import { KeyRing } from './key-ring.js';
import { JWKS_MAX_AGE_SECONDS } from './key-schedule.js';

/** Lets anyone verify access tokens without asking again, for as long as the answer may be cached. */
@ApiTags('keys')
@Controller('.well-known')
@Public()
export class JwksController {
  constructor(private readonly keys: KeyRing) {}

  /**
   * The public keys that verify access tokens, without asking this service (RFC 7517). May be cached for five minutes: a
   * new key stands here longer than that before it signs.
   */
  @Get('jwks.json')
  @ApiOperation({ operationId: 'getJwks', summary: 'List the public keys' })
  @ApiOkResponse({ type: JwkSetDto, description: 'The key set.' })
  @Header('content-type', 'application/jwk-set+json')
  @Header('cache-control', `public, max-age=${JWKS_MAX_AGE_SECONDS}`)
  @ApiProduces('application/jwk-set+json')
  keySet(): JwkSetDto {
    return { keys: this.keys.publicKeys() };
  }
}
