import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const read = (name: string) => ({ name, text: readFileSync(name, 'utf8') });
const files = globSync('src/**/*.ts', { exclude: ['src/**/*.spec.ts'] }).map(read);
const packages = globSync('packages/*/src/**/*.ts', { exclude: ['**/generated/**'] }).map(read);
const lengths = files
  .filter(({ name }) => !name.includes('/migrations/'))
  .map(({ name, text }) => ({ name, lines: text.trimEnd().split('\n').length }))
  .toSorted((a, b) => a.lines - b.lines);

const offenders = (pattern: RegExp, except: RegExp = /$^/) =>
  files.filter(({ name, text }) => pattern.test(text) && !except.test(name)).map(({ name }) => name);

describe('the source code', () => {
  it('consists of small files: half under 60 lines, at most one in twenty over 200, none over 300', () => {
    const at = (share: number) => lengths[Math.floor(lengths.length * share)]?.lines;
    expect(at(0.5)).toBeLessThan(60);
    expect(at(0.95)).toBeLessThanOrEqual(200);
    expect(lengths.filter(({ lines }) => lines > 300)).toEqual([]);
  });

  it('has constructors with at most six dependencies', () => {
    const wide = files.filter(({ name, text }) => widestConstructor(name, text) > 6).map(({ name }) => name);
    expect(wide).toEqual([]);
  });

  it('has no barrels, no catch-all folders and no forwardRef', () => {
    expect(
      files
        .map(({ name }) => name)
        .filter((name) => /\/index\.ts$|\/(common|utils|helpers|misc|shared)\//.test(name)),
    ).toEqual([]);
    expect(offenders(/forwardRef/)).toEqual([]);
  });

  it('has a service in each file of that name, and in no other', () => {
    const services = files.flatMap(({ name, text }) =>
      [...text.matchAll(/^export class (\w+Service)\b/gm)].map(([, className]) => `${name} ${className}`),
    );
    const expected = files
      .filter(({ name }) => name.endsWith('.service.ts'))
      .map(({ name }) => `${name} ${classNameOf(name)}`);
    expect(services).toEqual(expected);
  });

  it('reads the environment in one folder only', () => {
    expect(offenders(/process\.env/, /^src\/platform\/config\//)).toEqual([]);
  });

  it('uses only injected time and randomness', () => {
    expect(offenders(/Date\.now\(|new Date\(\)/, /^src\/platform\/(clock|logging)\//)).toEqual([]);
    expect(
      offenders(
        /Math\.random\(|randomUUID\(|randomBytes\(/,
        /^src\/platform\/(crypto|config|database|embedded-postgres)\//,
      ),
    ).toEqual([]);
  });

  it('exports each name from one file', () => {
    const names = files.flatMap(({ text }) => [...exportsOf(text)]);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it('documents every exported class and function', () => {
    expect(files.flatMap(({ name, text }) => undocumented(name, text))).toEqual([]);
  });

  it('has no line of a comment over 130 columns', () => {
    const wide = [...files, ...packages].flatMap(({ name, text }) =>
      text.split('\n').flatMap((line, index) => (isWideComment(line) ? [`${name}:${index + 1}`] : [])),
    );
    expect(wide).toEqual([]);
  });

  it('has no open to-do comments', () => {
    expect(offenders(/\b(TODO|FIXME|XXX|HACK)\b/)).toEqual([]);
  });

  it('registers the global pipeline in one place', () => {
    expect(
      offenders(/APP_(GUARD|PIPE|FILTER|INTERCEPTOR)|useGlobal(Guards|Pipes|Filters|Interceptors)/),
    ).toEqual(['src/app/app.module.ts']);
  });
});

const isWideComment = (line: string) => line.length > 130 && /^\s*(\/\/|\/?\*)|\s\/\/ /.test(line);

/** The name of the class in a file: `AuditService` in `audit.service.ts`. */
function classNameOf(name: string): string {
  return basename(name, '.ts').replace(/(?:^|[.-])(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function widestConstructor(name: string, text: string): number {
  let widest = 0;
  const visit = (node: ts.Node): void => {
    if (ts.isConstructorDeclaration(node)) widest = Math.max(widest, node.parameters.length);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(name, text, ts.ScriptTarget.ES2023));
  return widest;
}

/** The names that a file exports. A decorator may have the name of the type that it takes. */
function exportsOf(text: string): Set<string> {
  const declarations = text.matchAll(
    /^export (?:[a-z]+ )*(?:class|function|const|interface|type|enum) (\w+)/gm,
  );
  return new Set(Array.from(declarations, ([, name]) => name!));
}

function undocumented(name: string, text: string): string[] {
  return ts
    .createSourceFile(name, text, ts.ScriptTarget.ES2023, true)
    .statements.filter((node) => ts.isClassDeclaration(node) || ts.isFunctionDeclaration(node))
    .filter((node) => node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword))
    .filter((node) => ts.getJSDocCommentsAndTags(node).length === 0)
    .map((node) => `${name}: ${node.name?.text ?? 'default'}`);
}

describe('the specs', () => {
  it('start processes and browsers in test/system only, so that npm test stays short', () => {
    const starter =
      /support\/(browser\/chromium|servers\/(service-process|proxy-server|pgbouncer)|ephemeral\/ephemeral-process|packages\/packed)/;
    const specs = globSync('{src,test}/**/*.spec.ts', { exclude: ['test/{system,timed}/**'] });
    expect(specs.length).toBeGreaterThan(300);
    expect(specs.filter((name) => starter.test(readFileSync(name, 'utf8')))).toEqual([]);
  });
});
