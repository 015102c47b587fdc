import { Controller, Get, Headers, Query, Res, UseGuards } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../access/access.decorator.js';
import { Operational } from '../http/operational.decorator.js';
import { mailboxPage, PAGE_POLICY } from './caught-mailbox-page.js';
import { CaughtMailboxQueryDto } from './caught-mailbox.dto.js';
import { CaughtMailboxGuard } from './caught-mailbox.guard.js';
import { type CaughtMail, CaughtMailbox } from './caught-mailbox.js';
import { prefersHtml } from './prefers-html.js';

/** Shows caught mails to developers and tests. Registered only where mails are caught. */
@ApiExcludeController()
@Controller('dev/mailbox')
@Public()
@UseGuards(CaughtMailboxGuard)
export class CaughtMailboxController {
  constructor(private readonly mailbox: CaughtMailbox) {}

  /** Returns the mails of the last 24 hours, newest first, as JSON, or as a page if the client prefers HTML. */
  @Get()
  @Operational()
  async list(
    @Query() { to, after, wait }: CaughtMailboxQueryDto,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string | { items: CaughtMail[] }> {
    const address = to === '' ? undefined : to;
    const items = await this.mailbox.list({ to: address, after }, wait * 1000);
    void reply.header('vary', 'Accept, Origin, Sec-Fetch-Site');
    if (!prefersHtml(accept)) return { items };
    void reply.type('text/html; charset=utf-8').header('content-security-policy', PAGE_POLICY);
    return mailboxPage(items, address);
  }
}
