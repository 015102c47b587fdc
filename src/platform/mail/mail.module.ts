import { type DynamicModule, Global, Logger, Module } from '@nestjs/common';
import { Environment } from '../config/environment.js';
import { SecretsModule } from '../secrets/secrets.module.js';
import { CaughtMailbox } from './caught-mailbox.js';
import { CaughtMailboxController } from './caught-mailbox.controller.js';
import { CaughtMailer } from './caught-mailer.js';
import { CaughtMailsRepository } from './caught-mails.repository.js';
import { MailBounds } from './mail-bounds.js';
import { MailBoundsRepository } from './mail-bounds.repository.js';
import { MailLinks } from './mail-links.js';
import { MailNotices } from './mail-notices.js';
import { MailOutbox } from './mail-outbox.js';
import type { MailTemplate } from './mail-template.js';
import { MailTemplates } from './mail-templates.js';
import { Mailer, NoMailer } from './mailer.js';
import { SmtpMailer } from './smtp-mailer.js';

function mailerOf(environment: Environment, mailbox: CaughtMailbox): Mailer {
  if (environment.SMTP_URL !== undefined) return new SmtpMailer(environment.SMTP_URL, environment);
  if (!environment.isProduction) return new CaughtMailer(mailbox);
  new Logger('Mail').warn('SMTP_URL is unset: no mail is sent');
  return new NoMailer();
}

/** Lets every module send mails. */
@Global()
@Module({})
export class MailModule {
  /** The mailbox route exists only where mails are caught. */
  static with({ SMTP_URL, isProduction }: Environment): DynamicModule {
    const catches = SMTP_URL === undefined && !isProduction;
    return {
      module: MailModule,
      imports: [SecretsModule],
      controllers: catches ? [CaughtMailboxController] : [],
      providers: [
        CaughtMailbox,
        CaughtMailsRepository,
        { provide: Mailer, inject: [Environment, CaughtMailbox], useFactory: mailerOf },
        MailBounds,
        MailBoundsRepository,
        MailLinks,
        MailNotices,
        MailTemplates,
        MailOutbox,
      ],
      exports: [Mailer, MailBounds, MailLinks, MailNotices, MailTemplates, MailOutbox],
    };
  }
}

/** Declares a module's kinds of mail: `imports: [MailKindsModule.with(invitationMail)]`. */
@Module({})
export class MailKindsModule {
  static with(...templates: MailTemplate[]): DynamicModule {
    const declared = {
      provide: Symbol('portcullis.mail-kinds'),
      inject: [MailTemplates],
      useFactory: (all: MailTemplates) => {
        all.register(templates);
        return templates;
      },
    };
    return { module: MailKindsModule, providers: [declared] };
  }
}
