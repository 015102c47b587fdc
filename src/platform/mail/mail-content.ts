import { escapeHtml } from '../http/markup.js';

/** A part of a mail, as plain text and as HTML. */
export interface Block {
  readonly text: string;
  readonly html: string;
}

/** The contents of a mail in one language. */
export interface MailContent {
  readonly subject: string;
  readonly body: readonly Block[];
}

/** A template tag for a paragraph. Literal parts and values are treated as text, never as markup. */
export function paragraph(words: TemplateStringsArray, ...values: readonly string[]): Block {
  const text = String.raw({ raw: words }, ...values);
  return { text, html: `<p>${escapeHtml(text)}</p>` };
}

/** A table of names and values. Rows without a value are omitted. */
export function facts(rows: readonly (readonly [name: string, value: string])[]): Block {
  const given = rows.filter(([, value]) => value !== '');
  const width = Math.max(0, ...given.map(([name]) => name.length));
  const cells = given.map(
    ([name, value]) => `<tr><th>${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`,
  );
  return {
    text: given.map(([name, value]) => `${`${name}:`.padEnd(width + 1)} ${value}`).join('\n'),
    html: given.length === 0 ? '' : `<table>${cells.join('')}</table>`,
  };
}

/** Text whose line breaks and spaces are preserved. */
export function preformatted(text: string): Block {
  return { text, html: text === '' ? '' : `<pre>${escapeHtml(text)}</pre>` };
}

/** A link. The text form shows the full URL. */
export function link(label: string, url: string): Block {
  return {
    text: `${label}:\n${url}`,
    html: `<p><a href="${escapeHtml(url)}">${escapeHtml(label)}</a></p>`,
  };
}

/** A code for the recipient to type. */
export function code(value: string): Block {
  return { text: `    ${value}`, html: `<p class="code">${escapeHtml(value)}</p>` };
}
