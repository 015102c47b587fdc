/** A part of a mail in both of its forms. */
export interface Block {
  readonly text: string;
  readonly html: string;
}

/** What a mail says, in one language. */
export interface MailContent {
  readonly subject: string;
  readonly body: readonly Block[];
}

const ESCAPED: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Escapes a text for an HTML element or a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ESCAPED[character]!);
}

/** A tag for a paragraph: words and values alike are text and never markup. */
export function paragraph(words: TemplateStringsArray, ...values: readonly string[]): Block {
  const text = String.raw({ raw: words }, ...values);
  return { text, html: `<p>${escapeHtml(text)}</p>` };
}

/** Names and values in a table; those without a value are left out. */
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

/** Lines that keep their breaks and blanks. */
export function preformatted(text: string): Block {
  return { text, html: text === '' ? '' : `<pre>${escapeHtml(text)}</pre>` };
}

/** A link; the text form shows its full address. */
export function link(label: string, url: string): Block {
  return {
    text: `${label}:\n${url}`,
    html: `<p><a href="${escapeHtml(url)}">${escapeHtml(label)}</a></p>`,
  };
}

/** A code that a person types. */
export function code(value: string): Block {
  return { text: `    ${value}`, html: `<p class="code">${escapeHtml(value)}</p>` };
}
