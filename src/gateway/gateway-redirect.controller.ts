import { Controller, Get, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../platform/access/access.decorator.js';
import { PlatformErrors } from '../platform/errors/platform.errors.js';
import { unacceptable } from '../platform/errors/unacceptable.js';
import { Problems } from '../platform/http/openapi/problems.decorator.js';
import { RedirectQueryDto } from './dto/redirect-query.dto.js';
import { ReturnUrl } from './return-url.js';

/** Does not list the origins: the address is text of whoever made the link. */
const NOT_LISTED = 'must be on exactly one of the origins of GATEWAY_ORIGINS';

/** Leads browsers back to applications behind the gateway. */
@ApiTags('gateway')
@Controller('gateway')
@Public()
export class GatewayRedirectController {
  constructor(private readonly addresses: ReturnUrl) {}

  /** Redirects to the address in `rd` if it is on exactly one of the origins of `GATEWAY_ORIGINS`. For pages of `LOGIN_URL`. */
  @Get('redirect')
  @ApiOperation({ operationId: 'returnToApplication', summary: 'Return to an application after a login' })
  @ApiResponse({
    status: 303,
    description: 'The browser goes on to the address.',
    headers: { Location: { description: 'The address in `rd`.', schema: { type: 'string' } } },
  })
  @Problems(PlatformErrors.validation_failed)
  redirect(@Query() { rd }: RedirectQueryDto, @Res() reply: FastifyReply): void {
    const address = this.addresses.accepted(rd);
    if (address === null) throw unacceptable('#/rd', NOT_LISTED);
    void reply.status(303).header('location', address).send();
  }
}
