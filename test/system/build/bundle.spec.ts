import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

/** Prints the modules that a program loads, whatever becomes of it. */
const TRACE = `data:text/javascript,${encodeURIComponent(`
  import { writeSync } from 'node:fs';
  import { registerHooks } from 'node:module';
  registerHooks({ load(url, context, next) { writeSync(1, url + '\\n'); return next(url, context); } });
`)}`;

/** The packages in a list of paths, each by the folder that contains it, since two versions are two packages. */
const packagesOf = (paths: readonly string[]) =>
  new Set(
    paths.flatMap(
      (path) => /(node_modules\/(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? [],
    ),
  );

function loadedBy(program: string, words: readonly string[]) {
  const entry = resolve('dist/service', program);
  const { stdout } = spawnSync(process.execPath, ['--import', TRACE, entry, ...words], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], NODE_ENV: 'production', DATABASE_URL: 'nonsense' },
  });
  const files = stdout.split('\n').filter((url) => url.startsWith('file:'));
  const bundles = files.filter((url) => url.includes('/dist/service/'));
  const text = bundles.map((url) => readFileSync(new URL(url), 'utf8')).join('\n');
  // The bundle names each module above its code.
  const bundled = text.match(/^\s*(?:\/\/ |")node_modules\/.*$/gm) ?? [];
  return {
    text,
    bundled: packagesOf(bundled),
    separate: packagesOf(files),
    compiled: files.filter((url) => url.includes('/dist/src/')),
  };
}

describe('A bundled program', () => {
  it.each([
    ['main.js', []],
    ['admin.js', ['users', 'list']],
    ['audit-verify.js', []],
  ])('loads no package twice, and no module beside its bundle: %s', (program, words) => {
    const { bundled, separate, compiled } = loadedBy(program, words);
    expect([...bundled]).toEqual(
      expect.arrayContaining(['node_modules/rxjs', 'node_modules/@nestjs/common']),
    );
    expect([...separate]).toContain('node_modules/typeorm');
    expect([...bundled].filter((name) => separate.has(name))).toEqual([]);
    expect(compiled).toEqual([]);
  });

  it('restores the names of classes, which esbuild changes, and spends nothing on those of functions', () => {
    const { text } = loadedBy('main.js', []);
    expect(text).toMatch(
      /class (\w+)2 .*\{\s*static \{\s*Object\.defineProperty\(this, "name", \{ value: "\1"/,
    );
    expect(text).not.toMatch(/__name\(/);
  });
});
