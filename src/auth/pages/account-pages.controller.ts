import { applyDecorators, Controller, Get, Header, Param, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../../platform/access/access.decorator.js';
import type { Locale } from '../../platform/access/locale.js';
import { Environment } from '../../platform/config/environment.js';
import { Operational } from '../../platform/http/routes/operational.decorator.js';
import { PageAssets } from '../../platform/http/page-assets.js';
import { PreferredLocale } from '../../platform/http/request.decorators.js';
import type { AccountPage } from './account-page.js';
import { devicePage } from './device.page.js';
import { invitationPage } from './invitation.page.js';
import { PAGE_POLICY, pageDocument } from './page-document.js';
import { recoveryFinishPage } from './recovery-finish.page.js';
import { recoveryPage } from './recovery.page.js';
import { resetPage } from './reset.page.js';
import { undoPage } from './undo.page.js';
import { verifyPage } from './verify.page.js';

const Page = ({ path }: AccountPage) =>
  applyDecorators(
    Get(path),
    Header('content-type', 'text/html; charset=utf-8'),
    Header('content-security-policy', PAGE_POLICY),
    Header('vary', 'Accept-Language, Origin, Sec-Fetch-Site'),
  );

/**
 * The pages that links in mails lead to. Opening one sends nothing to the API, because mail scanners open links and run
 * scripts; only pressing the button does. The token is in the fragment, which browsers do not send.
 */
@ApiExcludeController()
@Controller('account')
@Public()
export class AccountPagesController {
  private readonly assets = new PageAssets(
    ['page.css', 'account.css', 'account.js', 'account.svg'].map(
      (name) => new URL(`browser/${name}`, import.meta.url),
    ),
  );

  constructor(private readonly environment: Environment) {}

  @Page(verifyPage)
  verify(@PreferredLocale() locale: Locale): string {
    return pageDocument(verifyPage, locale, this.environment);
  }

  @Page(resetPage)
  reset(@PreferredLocale() locale: Locale): string {
    return pageDocument(resetPage, locale, this.environment);
  }

  @Page(invitationPage)
  invitation(@PreferredLocale() locale: Locale): string {
    return pageDocument(invitationPage, locale, this.environment);
  }

  @Page(undoPage)
  undo(@PreferredLocale() locale: Locale): string {
    return pageDocument(undoPage, locale, this.environment);
  }

  @Page(devicePage)
  device(@PreferredLocale() locale: Locale): string {
    return pageDocument(devicePage, locale, this.environment);
  }

  @Page(recoveryPage)
  recovery(@PreferredLocale() locale: Locale): string {
    return pageDocument(recoveryPage, locale, this.environment);
  }

  @Page(recoveryFinishPage)
  recoveryFinish(@PreferredLocale() locale: Locale): string {
    return pageDocument(recoveryFinishPage, locale, this.environment);
  }

  @Get('assets/:name')
  @Operational()
  asset(@Param('name') name: string, @Res({ passthrough: true }) reply: FastifyReply): Buffer {
    return this.assets.send(name, reply);
  }
}
