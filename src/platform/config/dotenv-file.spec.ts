import { fc } from '@fast-check/vitest';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigurationFault } from './configuration-fault.js';
import { readDotenv } from './dotenv-file.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-dotenv-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function read(text: string): Record<string, string> {
  writeFileSync(join(folder, '.env'), text);
  return readDotenv(folder);
}

describe('a line of .env', () => {
  it.each([
    ['nothing', 'METRICS_TOKEN='],
    ['a blank', 'METRICS_TOKEN= '],
    ['a tabulator', 'METRICS_TOKEN=\t'],
    ['blanks and a carriage return', 'METRICS_TOKEN=  \r'],
    ['a blank and an empty line', 'METRICS_TOKEN= \n'],
    ['a blank and lines of blanks', 'METRICS_TOKEN= \n\t\n  '],
    ['a blank and a comment', 'METRICS_TOKEN= \n# next'],
    ['blanks on both sides of the sign', 'METRICS_TOKEN = '],
    ['nothing and a comment with a sign', 'METRICS_TOKEN=\n  # A= '],
    ['a blank that is not ASCII', 'METRICS_TOKEN=\u00a0'],
    ['a blank, after export', 'export METRICS_TOKEN= '],
    ['nothing, after export', 'export METRICS_TOKEN='],
  ])('with %s for a value leaves the next line alone', (_what, lines) => {
    expect(read(`${lines}\nNODE_ENV=production\n`)).toEqual({ METRICS_TOKEN: '', NODE_ENV: 'production' });
  });

  it.each(['export ', 'export  ', 'export\t', '  export \t'])('may begin with %j', (prefix) => {
    expect(read(`${prefix}NODE_ENV=production\n`)).toEqual({ NODE_ENV: 'production' });
  });

  it('within quotes is part of the value', () => {
    expect(read('A="\nB= \nexport C=1"\nD= "e"\n')).toEqual({ A: '\nB= \nexport C=1', D: 'e' });
  });

  it('is never lost without a fault, whatever is before it', () => {
    const parts = ['A', 'export', ' ', '\t', '\v', '\u00a0', '=', '"', "'", '`', '#', '\\', 'x', '\n', '\r'];
    const hostile = fc.array(fc.constantFrom(...parts), { maxLength: 14 }).map((chosen) => chosen.join(''));
    fc.assert(
      fc.property(hostile, (text) => {
        expect(nodeEnvAfter(text)).toBeOneOf(['production', 'a fault']);
      }),
      { numRuns: 2000 },
    );
  });
});

function nodeEnvAfter(text: string): string | undefined {
  try {
    return read(`${text}\nNODE_ENV=production\n`)['NODE_ENV'];
  } catch (error) {
    if (error instanceof ConfigurationFault) return 'a fault';
    throw error;
  }
}
