import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { escapeHtml } from '../http/markup.js';
import { LOCALES, type Locale } from '../access/locale.js';
import { MAIL_KINDS, type MailKind } from './mail-kinds.js';

/** An operator's file that replaces one form of one mail. */
export interface TemplateFile {
  readonly name: string;
  readonly kind: MailKind;
  readonly locale: Locale;
  readonly form: 'txt' | 'html';
  readonly source: string;
}

const FILE_NAME = new RegExp(`^(${MAIL_KINDS.join('|')})\\.(${LOCALES.join('|')})\\.(txt|html)$`);
const PLACEHOLDER = /\{\{\s*([a-z]\w*)\s*\}\}/gi;
const SUBJECT = /^Subject:[ \t]*(\S[^\r\n]*)(?:\r?\n|$)/;

/**
 * Reads a folder of templates. `faults` describes every file that is not a valid template, in sentences that name the
 * file.
 */
export function readTemplateFiles(folder: string): { files: TemplateFile[]; faults: string[] } {
  const files: TemplateFile[] = [];
  const faults: string[] = [];
  for (const name of namesIn(folder, faults)) {
    const [, kind, locale, form] = FILE_NAME.exec(name) ?? [];
    if (kind === undefined) {
      faults.push(`${name} is not named <kind>.<locale>.txt or <kind>.<locale>.html for a kind of mail`);
      continue;
    }
    try {
      const source = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(join(folder, name)));
      files.push({ name, kind, locale, form, source } as TemplateFile);
    } catch {
      faults.push(`${name} cannot be read as UTF-8 text`);
    }
  }
  return { files, faults };
}

function namesIn(folder: string, faults: string[]): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => !name.startsWith('.'))
      .sort();
  } catch {
    faults.push('the folder cannot be read');
    return [];
  }
}

/** Returns why a template cannot be used with the placeholders of its kind, or null if it can. */
export function templateFault(
  { name, form, source }: TemplateFile,
  placeholders: readonly string[],
): string | null {
  const unknown = [...source.matchAll(PLACEHOLDER)].find(([, found]) => !placeholders.includes(found!));
  if (unknown) return `${name} uses {{${unknown[1]}}}; it may use ${placeholders.join(', ')}`;
  if (/\{\{|\}\}/.test(source.replaceAll(PLACEHOLDER, '')))
    return `${name} contains braces that are not a {{placeholder}}`;
  if (form === 'txt' && !SUBJECT.test(source)) return `${name} must begin with a line "Subject: ..."`;
  return null;
}

/** Fills in a text template. */
export function fillText(
  source: string,
  values: Readonly<Record<string, string>>,
): { subject: string; text: string } {
  const [head = '', subject = ''] = SUBJECT.exec(source) ?? [];
  const body = source.slice(head.length).replace(/^\r?\n/, '');
  return { subject: fill(subject, values).replaceAll(/[\r\n]+/g, ' '), text: fill(body, values) };
}

/** Fills in an HTML template. Values are escaped. */
export function fillHtml(source: string, values: Readonly<Record<string, string>>): string {
  return fill(source, values, escapeHtml);
}

function fill(
  source: string,
  values: Readonly<Record<string, string>>,
  escape: (value: string) => string = (value) => value,
): string {
  return source.replaceAll(PLACEHOLDER, (_, name: string) => escape(values[name] ?? ''));
}
