import { Controller, Get, Header, Headers, Param, Query, Res, UseGuards } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../access/access.decorator.js';
import { PlatformErrors } from '../errors/platform.errors.js';
import { Problem } from '../errors/problem.js';
import { prefers } from '../http/media-preference.js';
import { Operational } from '../http/routes/operational.decorator.js';
import { PageAssets } from '../http/page-assets.js';
import { framedMail, MAIL_POLICY, MAILBOX_PAGE, MAILBOX_POLICY } from './caught-mailbox-page.js';
import { CaughtMailboxQueryDto } from './caught-mailbox.dto.js';
import { CaughtMailboxGuard } from './caught-mailbox.guard.js';
import { type CaughtMail, CaughtMailbox } from './caught-mailbox.js';

/** Shows caught mails to developers and tests. Registered only where mails are caught. */
@ApiExcludeController()
@Controller('dev/mailbox')
@Public()
@UseGuards(CaughtMailboxGuard)
export class CaughtMailboxController {
  private readonly assets = new PageAssets(
    ['mailbox.css', 'mailbox.js', 'mailbox.svg'].map((name) => new URL(`browser/${name}`, import.meta.url)),
  );

  constructor(private readonly mailbox: CaughtMailbox) {}

  /** Returns the mails of the last 24 hours, newest first, as JSON, or as a page if the client prefers HTML. */
  @Get()
  @Operational()
  async list(
    @Query() { to, after, wait }: CaughtMailboxQueryDto,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string | { items: CaughtMail[] }> {
    void reply.header('vary', 'Accept, Origin, Sec-Fetch-Site');
    if (!prefers(accept, 'text/html', 'application/json'))
      return { items: await this.mailbox.list({ to: to === '' ? undefined : to, after }, wait * 1000) };
    void reply.type('text/html; charset=utf-8').header('content-security-policy', MAILBOX_POLICY);
    return MAILBOX_PAGE;
  }

  /** Returns the HTML of one mail, for the frame of the page. Throws `not_found`. */
  @Get(':id')
  @Operational()
  @Header('content-type', 'text/html; charset=utf-8')
  async html(@Param('id') id: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const mail = await this.mailbox.find(id);
    if (!mail) throw new Problem(PlatformErrors.not_found);
    void reply.headers({ 'content-security-policy': MAIL_POLICY, 'x-frame-options': 'SAMEORIGIN' });
    return framedMail(mail.html);
  }

  @Get('assets/:name')
  @Operational()
  asset(@Param('name') name: string, @Res({ passthrough: true }) reply: FastifyReply): Buffer {
    return this.assets.send(name, reply);
  }
}
