import { Controller, Get, Header, Param, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../../platform/access/access.decorator.js';
import { Operational } from '../../platform/http/routes/operational.decorator.js';
import { PageAssets } from '../../platform/http/page-assets.js';
import { PAGE_POLICY } from '../pages/page-document.js';
import { PASSKEY_PAGE } from './passkey-document.js';

/** A page of the documentation on which developers register a passkey and sign in with it. */
@ApiExcludeController()
@Controller('docs/passkey')
@Public()
export class PasskeyPageController {
  private readonly assets = new PageAssets(
    ['../pages/browser/page.css', 'browser/passkey.css', 'browser/passkey.js', 'browser/passkey.svg'].map(
      (file) => new URL(file, import.meta.url),
    ),
  );

  @Get()
  @Operational()
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('content-security-policy', PAGE_POLICY)
  page(): string {
    return PASSKEY_PAGE;
  }

  @Get('assets/:name')
  @Operational()
  asset(@Param('name') name: string, @Res({ passthrough: true }) reply: FastifyReply): Buffer {
    return this.assets.send(name, reply);
  }
}
