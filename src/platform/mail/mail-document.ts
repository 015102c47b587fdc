import { escapeHtml } from '../http/markup.js';
import type { Block } from './mail-content.js';
import type { Locale } from '../access/locale.js';

/** Loads nothing from outside the mail. Clients that ignore the style show the same text. */
const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:36em;margin:2em auto;padding:0 1em;color:#1a1a1a;background:#fff}' +
  'th{text-align:left;font-weight:600;padding-right:1em;vertical-align:top}pre{white-space:pre-wrap}' +
  '.code{font:600 1.5em/1.5 ui-monospace,monospace;letter-spacing:.1em}';

/** Renders a mail as plain text. */
export function textOf(body: readonly Block[]): string {
  const paragraphs = body.map(({ text }) => text).filter((text) => text !== '');
  return `${paragraphs.join('\n\n')}\n`;
}

/** Renders a mail as an HTML document without scripts or external resources. */
export function htmlOf(subject: string, body: readonly Block[], locale: Locale): string {
  const parts = body.map(({ html }) => html).filter((html) => html !== '');
  return (
    `<!doctype html>\n<html lang="${locale}">\n<head><meta charset="utf-8"><title>${escapeHtml(subject)}</title>` +
    `<style>${STYLE}</style></head>\n<body>\n${parts.join('\n')}\n</body>\n</html>\n`
  );
}
