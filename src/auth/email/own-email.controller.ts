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
import { EmailChangeRequests } from './email-change-requests.js';
import { EmailDto } from './emails.dto.js';

/** Changes the address of the caller's account. */
@ApiTags('users')
@Controller('users/me/email')
@SignedIn()
export class OwnEmailController {
  constructor(private readonly requests: EmailChangeRequests) {}

  /**
   * Requests a change of address. The address changes when `POST /auth/email/verify` receives the link (valid for 24 hours)
   * or the code (10 minutes, this session only) of the e-mail sent to the new address. The current address is notified at once,
   * and, if it was verified, again after the change, with a link that undoes it (7 days), but not if the new address is one that
   * the account left less than 7 days ago. A new request replaces a pending one, and a request for the current address cancels
   * it. The response does not reveal whether another account has the address.
   */
  @Post()
  @HttpCode(202)
  @Recent()
  @RateLimit('mail', 'mail-address', { email: 'email' })
  @ApiOperation({ operationId: 'changeOwnEmail', summary: 'Request a change of address' })
  @ApiAcceptedResponse({ description: 'Accepted; the address changes once it is verified.' })
  @Problems(MailErrors.mail_unconfigured)
  async change(
    @Body() { email }: EmailDto,
    @CurrentUser() principal: SessionPrincipal,
    @ClientOrigin() origin: Origin,
  ): Promise<void> {
    await this.requests.request(principal, email, origin);
  }
}
