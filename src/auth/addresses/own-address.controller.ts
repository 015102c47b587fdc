import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { SignedIn } from '../../platform/access/access.decorator.js';
import type { SessionPrincipal } from '../../platform/access/principal.js';
import { Recent } from '../../platform/access/recent.decorator.js';
import type { Origin } from '../../platform/http/origin.js';
import { Problems } from '../../platform/http/openapi/problems.decorator.js';
import { ClientOrigin, CurrentUser } from '../../platform/http/request.decorators.js';
import { MailErrors } from '../../platform/mail/mail.errors.js';
import { RateLimit } from '../../rate-limit/rate-limit.decorator.js';
import { AddressChangeRequests } from './address-change-requests.js';
import { EmailDto } from './addresses.dto.js';

/** Changes the address of the caller's own account. */
@ApiTags('users')
@Controller('users/me/email')
@SignedIn()
export class OwnAddressController {
  constructor(private readonly requests: AddressChangeRequests) {}

  /**
   * Asks for another address. Nothing changes until it is proven at `POST /auth/email/verify` by the link (24 hours) or the
   * code (10 minutes, in this session) of the mail that is sent there. The present address is told at once, and again when it
   * has changed, with a link that undoes the change for 7 days. A younger request replaces the older one; the present address
   * cancels it. The response does not tell whether another account has the address.
   */
  @Post()
  @HttpCode(202)
  @Recent()
  @RateLimit('mail', 'mail-address', { email: 'email' })
  @ApiOperation({ operationId: 'changeOwnEmail', summary: 'Ask for another address' })
  @ApiAcceptedResponse({ description: 'Accepted; the address changes when it is proven.' })
  @Problems(MailErrors.mail_unconfigured)
  async change(
    @Body() { email }: EmailDto,
    @CurrentUser() principal: SessionPrincipal,
    @ClientOrigin() origin: Origin,
  ): Promise<void> {
    await this.requests.request(principal, email, origin);
  }
}
