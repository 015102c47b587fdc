import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';

/** The text of the specs by the names of their files, which a few share. */
const specs = new Map<string, string>();
for (const folder of ['src', 'test'])
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.spec.ts')) continue;
    const text = readFileSync(join(folder, file), 'utf8').replaceAll("\\'", "'");
    specs.set(basename(file), (specs.get(basename(file)) ?? '') + text);
  }

/** Whether a cell of a table, `file`: title, names a test that exists. */
const isTest = (cell: string) => {
  const [, file = '', title = ''] = /^`([^`]+)`: (.+)$/.exec(cell) ?? [];
  return specs.get(file)?.includes(title) ?? false;
};

/** The rows of the checklist: the number of each, and the tests that it names. */
const rows = readFileSync('docs/checklist.md', 'utf8')
  .split('\n')
  .filter((line) => /^\| [A-I]\d+ /.test(line))
  .map((line) => {
    const cells = line.split(' | ').map((cell) => cell.replaceAll(/^\| | \|$/g, '').trim());
    return { id: cells[0] ?? '', how: cells[3] ?? '', tests: (cells[4] ?? '').split('; ').filter(Boolean) };
  });

describe('docs/checklist.md', () => {
  it('has a row for every item of the checklist, in order', () => {
    const counts = { A: 16, B: 13, C: 19, D: 11, E: 8, F: 8, G: 14, H: 6, I: 9 };
    expect(rows.map(({ id }) => id)).toEqual(
      Object.entries(counts).flatMap(([chapter, count]) =>
        Array.from({ length: count }, (_, index) => `${chapter}${index + 1}`),
      ),
    );
  });

  it.each(rows.map(({ id, ...row }) => [id, row] as const))(
    'names tests of %s that exist',
    (_id, { how, tests }) => {
      const unproved = how === 'not offered' || how.startsWith('`npm sbom');
      expect(tests.length > 0).toBe(!unproved);
      for (const test of tests) {
        expect([test, isTest(test)]).toEqual([test, true]);
      }
    },
  );
});

describe('docs/security.md', () => {
  const named = readFileSync('docs/security.md', 'utf8')
    .split('\n')
    .flatMap((line) => /^\|.*\| (`[\w-]+\.spec\.ts`: .+?) +\|$/.exec(line)?.[1] ?? []);

  it('names tests that exist in its tables', () => {
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((cell) => !isTest(cell))).toEqual([]);
  });
});
