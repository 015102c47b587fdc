import type { ProblemRow } from '../../errors/problem.js';

/** Returns the page that the `type` of a problem links to: each code with its status and texts. */
export function errorsPage(rows: readonly ProblemRow[]): string {
  const items = rows
    .toSorted((a, b) => a.status - b.status || a.code.localeCompare(b.code))
    .map(
      ({ code, status, title, detail }) =>
        `<section id="${escape(code)}"><h2><code>${escape(code)}</code> ${status}</h2><p><b>${escape(title)}.</b> ${escape(detail)}</p></section>`,
    );
  return `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Errors of Portcullis</title><style>
body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem}:target{background:#fff3bf}
</style></head><body><h1>Errors</h1><p>Sent as <code>application/problem+json</code> (RFC 9457).
Programs should rely on <code>code</code>, which is stable.</p>${items.join('')}</body></html>`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

const escape = (text: string) => text.replaceAll(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
