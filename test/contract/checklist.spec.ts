import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const specs = new Map(
  ['src', 'test'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.spec.ts'))
      .map((file) => [basename(file), readFileSync(join(folder, file), 'utf8').replaceAll("\\'", "'")]),
  ),
);

/** The rows of the checklist: the number of each, and the tests that it names. */
const rows = readFileSync('docs/checklist.md', 'utf8')
  .split('\n')
  .filter((line) => /^\| [A-G]\d+ /.test(line))
  .map((line) => {
    const cells = line.split(' | ').map((cell) => cell.replaceAll(/^\| | \|$/g, '').trim());
    return { id: cells[0] ?? '', how: cells[3] ?? '', tests: (cells[4] ?? '').split('; ').filter(Boolean) };
  });

describe('docs/checklist.md', () => {
  it('has a row for every item of the checklist, in order', () => {
    const counts = { A: 16, B: 13, C: 19, D: 11, E: 8, F: 8, G: 14 };
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
        const [, file = '', title = ''] = /^`([^`]+)`: (.+)$/.exec(test) ?? [];
        expect([test, specs.get(file)?.includes(title)]).toEqual([test, true]);
      }
    },
  );
});
