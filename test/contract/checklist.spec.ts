import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

/** The titles of the tests that run, and of the rows of their tables, by the names of the files of specs, which a few share. */
const titles = new Map<string, Set<string>>();
for (const folder of ['src', 'test'])
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.spec.ts')) continue;
    const found = titlesIn(readFileSync(join(folder, file), 'utf8'));
    titles.set(basename(file), new Set([...(titles.get(basename(file)) ?? []), ...found]));
  }

/** Leaves out comments, and tests that are skipped or to be written. */
function titlesIn(text: string): Set<string> {
  const found = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) {
      const callee = node.expression.getText();
      if (/^(it|test|describe)\.(skip|todo)\b/.test(callee)) return;
      const [title] = node.arguments;
      if (/^(it|test|describe)\b/.test(callee) && title) found.add(textOf(title));
      if (/^(it|test|describe)\.each$/.test(callee)) for (const row of namesOf(node)) found.add(row);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('spec.ts', text, ts.ScriptTarget.Latest, true));
  return found;
}

/** The text of a title, up to a value that is put in. */
function textOf(title: ts.Expression): string {
  if (ts.isStringLiteralLike(title)) return title.text;
  return ts.isTemplateExpression(title) ? title.head.text : '';
}

/** The strings of the rows of a table, one of which is in the title of each test. */
function namesOf(table: ts.Node): string[] {
  const names: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node)) names.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(table);
  return names;
}

/** Whether a cell of a table, `file`: title, names a test that exists, at least by a part of its title. */
const isTest = (cell: string) => {
  const [, file = '', title = ''] = /^`([^`]+)`: (.+)$/.exec(cell) ?? [];
  return title !== '' && [...(titles.get(file) ?? [])].some((one) => one.includes(title));
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
