import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../../platform/access/access.decorator.js';
import { Problems } from '../../platform/http/openapi/problems.decorator.js';
import type { Origin } from '../../platform/http/origin.js';
import { ClientOrigin } from '../../platform/http/request.decorators.js';
import { MailErrors } from '../../platform/mail/mail.errors.js';
import { SecretsErrors } from '../../platform/secrets/secrets.errors.js';
import { RateLimit } from '../../rate-limit/rate-limit.decorator.js';
import { DisownSessionDto } from './disowning.dto.js';
import { SessionDisowning } from './session-disowning.js';

/** Ends sessions of strangers, by the link in the notice of a new device. */
@ApiTags('auth')
@Controller('auth/sessions')
@Public()
export class DisowningController {
  constructor(private readonly disowning: SessionDisowning) {}

  /**
   * Ends the session that the notice of a new device was about, by the link in that e-mail, with the later sessions of the
   * account. Second factors, API keys and known devices that were added since it began are removed. If the address was never
   * verified, every session ends and everything is removed. Somebody else knows the password then, so it becomes useless, and a
   * link to set a new one is mailed to the account's address. The link is valid for 7 days while the account has the address
   * that the notice went to, regardless of other changes to the account.
   */
  @Post('disown')
  @HttpCode(204)
  @RateLimit('secret')
  @ApiOperation({ operationId: 'disownSession', summary: 'End a session that is not yours' })
  @ApiNoContentResponse({
    description: 'The session is over; an e-mail with a link to a new password is on its way.',
  })
  @Problems(SecretsErrors.invalid_link, MailErrors.mail_unconfigured)
  async disown(@Body() { token }: DisownSessionDto, @ClientOrigin() origin: Origin): Promise<void> {
    await this.disowning.disown(token, origin);
  }
}
