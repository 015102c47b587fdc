import { Module } from '@nestjs/common';
import { Mailer } from './mailer.js';

/** Gives the modules that write mails the one connection to the server that SMTP_URL names. */
@Module({ providers: [Mailer], exports: [Mailer] })
export class MailModule {}
