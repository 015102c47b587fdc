import { Body, Controller, HttpCode, Put, UseInterceptors } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { SignedIn } from '../../platform/access/access.decorator.js';
import type { SessionPrincipal } from '../../platform/access/principal.js';
import { PlatformErrors } from '../../platform/errors/platform.errors.js';
import { Problems } from '../../platform/http/openapi/problems.decorator.js';
import type { Origin } from '../../platform/http/origin.js';
import { ClientOrigin, CurrentUser } from '../../platform/http/request.decorators.js';
import { Slow } from '../../platform/http/routes/slow.decorator.js';
import { RateLimit } from '../../rate-limit/rate-limit.decorator.js';
import { RefundInterceptor } from '../../rate-limit/refund.interceptor.js';
import { AuthErrors } from '../auth.errors.js';
import { NewPasswordMember } from '../credentials/passwords/weak-password.interceptor.js';
import { ChangePasswordDto } from './own-password.dto.js';
import { OwnPassword } from './own-password.js';

/** Lets people change their own password. */
@ApiTags('users')
@Controller('users/me')
@SignedIn()
export class OwnPasswordController {
  constructor(private readonly password: OwnPassword) {}

  /**
   * Changes the own password. Every other session ends and every other device is forgotten; this session goes on. The
   * owner is notified by mail. A wrong current password counts like one of a login.
   */
  @Put('password')
  @HttpCode(204)
  @Slow('password')
  @RateLimit('login-address')
  @NewPasswordMember('newPassword')
  @UseInterceptors(RefundInterceptor)
  @ApiOperation({ operationId: 'changeOwnPassword', summary: 'Change own password' })
  @ApiNoContentResponse({ description: 'The password is changed; this is the only session that goes on.' })
  @Problems(AuthErrors.invalid_credentials, PlatformErrors.overloaded)
  async change(
    @Body() { currentPassword, newPassword }: ChangePasswordDto,
    @CurrentUser() caller: SessionPrincipal,
    @ClientOrigin() origin: Origin,
  ): Promise<void> {
    await this.password.change(caller, { currentPassword, newPassword }, origin);
  }
}
