import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { ConfigurationFault } from './configuration-fault.js';

const ASSIGNMENT = /^\s*(?:export\s+)?(?<name>[A-Za-z_][\w.-]*)\s*=(?<value>.*)$/;
const NAME = /^\s*(?:export\s+)?(?<name>[A-Z][A-Z0-9_]*)\b/;
const BLANK = /^\s*(#.*)?$/;

/**
 * Returns the variables in a folder's `.env`, or none if there is no such file. Drops a byte order mark, because
 * editors on Windows write one. Throws {@link ConfigurationFault} if any part of the file cannot be read: a line that
 * is skipped silently may be the one that says `NODE_ENV=production`.
 */
export function readDotenv(folder: string): Record<string, string> {
  let bytes: Buffer;
  try {
    bytes = readFileSync(join(folder, '.env'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return {};
    throw new ConfigurationFault([`.env cannot be read (${code})`]);
  }
  const text = decode(bytes);
  const { faults, lines } = plainLines(text.split(/\r\n|\n|\r/));
  if (faults.length > 0) throw new ConfigurationFault(faults);
  return parseEnv(lines.join('\n')) as Record<string, string>;
}

function decode(bytes: Buffer): string {
  try {
    // UTF-16 has either a byte order mark that is invalid in UTF-8, or zero bytes, which no value can contain.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (!text.includes('\0')) return text;
  } catch {
    // The fault is reported below.
  }
  throw new ConfigurationFault(['.env is not UTF-8; save it in that encoding']);
}

/**
 * Returns the lines in a form that `parseEnv` reads as it is meant. By itself, it takes the next line for the value after
 * blanks that stand for a value, also in a comment that is indented, and mistakes `export` with a tabulator for a name.
 */
function plainLines(given: readonly string[]): { faults: string[]; lines: string[] } {
  const faults: string[] = [];
  const lines = [...given];
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]!;
    if (BLANK.test(line)) {
      lines[index] = '';
      continue;
    }
    const { name, value } = ASSIGNMENT.exec(line)?.groups ?? {};
    if (name === undefined || value === undefined) {
      faults.push(`${nameIn(line)}.env, line ${index + 1}, is not of the form NAME=value`);
      continue;
    }
    lines[index] = `${name}=${value.trim() === '' ? '' : value}`;
    const end = endOfValue(lines, index, value.trim());
    if (end === null) faults.push(`${nameIn(line)}.env, line ${index + 1}, has a quote that is not closed`);
    else index = end;
  }
  return { faults, lines };
}

/** Returns the line in which a value ends: a quoted value may span several lines. Null if the quote is not closed. */
function endOfValue(lines: readonly string[], index: number, value: string): number | null {
  const [quote] = value;
  if (quote === undefined || !`"'\``.includes(quote) || value.includes(quote, 1)) return index;
  const end = lines.findIndex((line, later) => later > index && line.includes(quote));
  return end === -1 ? null : end;
}

/** Returns the name at the beginning of a line without the rest, which may be a secret. */
function nameIn(line: string): string {
  const name = NAME.exec(line)?.groups?.['name'];
  return name === undefined ? '' : `${name} in `;
}
