import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ConfigurationFault } from '../config/configuration-fault.js';
import { Environment } from '../config/environment.js';
import { htmlOf, textOf } from './mail-document.js';
import type { Locale } from '../access/locale.js';
import type { MailKind } from './mail-kinds.js';
import type { MailTemplate, MailValues } from './mail-template.js';
import { fillHtml, fillText, readTemplateFiles, templateFault, type TemplateFile } from './template-files.js';

/** A mail ready to be sent. */
export interface RenderedMail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** Renders mails, using the built-in text or the operator's templates in `MAIL_TEMPLATES_DIR`. */
@Injectable()
export class MailTemplates implements OnModuleInit {
  private readonly templates = new Map<MailKind, MailTemplate>();
  private files: readonly TemplateFile[] = [];

  constructor(private readonly environment: Environment) {}

  /** Adds kinds of mail. Must be called before modules are initialised. Throws if a kind is declared twice. */
  register(templates: readonly MailTemplate[]): void {
    for (const template of templates) {
      if (this.templates.has(template.kind)) throw new Error(`The mail ${template.kind} is declared twice.`);
      this.templates.set(template.kind, template);
    }
  }

  /** Reads the operator's templates. Throws a {@link ConfigurationFault} that lists every error in them. */
  onModuleInit(): void {
    const folder = this.environment.MAIL_TEMPLATES_DIR;
    if (folder === undefined) return;
    const { files, faults } = readTemplateFiles(folder);
    for (const file of files) {
      const template = this.templates.get(file.kind);
      const fault = template
        ? templateFault(file, [...template.placeholders, 'product'])
        : `${file.name} is for a kind of mail that this version does not send`;
      if (fault !== null) faults.push(fault);
    }
    if (faults.length > 0)
      throw new ConfigurationFault(faults.map((fault) => `MAIL_TEMPLATES_DIR: ${fault}`));
    this.files = files;
  }

  render<P extends string>(template: MailTemplate<P>, locale: Locale, values: MailValues<P>): RenderedMail {
    const product = this.environment.PRODUCT_NAME;
    const own = (form: TemplateFile['form']) =>
      this.files.find((file) => file.kind === template.kind && file.locale === locale && file.form === form);
    const [txt, html] = [own('txt'), own('html')];
    const all: Readonly<Record<string, string>> = { ...values, product };
    const content = template.words[locale](values, product);
    const { subject, text } = txt
      ? fillText(txt.source, all)
      : { subject: content.subject, text: textOf(content.body) };
    return {
      subject,
      text,
      html: html ? fillHtml(html.source, all) : htmlOf(subject, content.body, locale),
    };
  }
}
