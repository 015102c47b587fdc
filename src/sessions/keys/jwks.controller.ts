import { Controller, Get, Header } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { Public } from '../../platform/access/access.decorator.js';
import { JwkSetDto } from './jwk-set.dto.js';
import { KeyRing } from './key-ring.js';
import { JWKS_MAX_AGE_SECONDS } from './key-schedule.js';

/** Publishes the keys with which any party can verify access tokens. */
@ApiTags('keys')
@Controller('.well-known')
@Public()
export class JwksController {
  constructor(private readonly keys: KeyRing) {}

  /**
   * Returns the public keys with which access tokens can be verified without calling this service (RFC 7517). The
   * response can be cached for five minutes: a new key is published for longer than that before it signs.
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
