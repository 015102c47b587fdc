import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

/** The programs, as paths below `dist/src`. They share the files in which esbuild puts what several of them load. */
const PROGRAMS = ['main.js', 'cli/admin.js', 'cli/audit-verify.js', 'cli/ephemeral.js'];

/**
 * Packages that consist of many small modules. All others remain in node_modules: some find their files by their own path,
 * some are binary, and some (typeorm, class-validator) are also loaded by name at run time. A package must not exist twice
 * in a process, so none of these may be imported from outside the bundle; a test checks this.
 */
const BUNDLED = [
  '@nestjs/',
  '@opentelemetry/',
  'es-toolkit',
  'ioredis',
  'iterare',
  'jsonwebtoken',
  'nestjs-pino',
  'passport',
  'passport-jwt',
  'prom-client',
  'rxjs',
];

/** A bundled CommonJS module may use names that ES modules do not have. */
const COMMONJS = [
  `import { createRequire as requireFrom } from 'node:module';`,
  'const require = requireFrom(import.meta.url);',
].join('\n');

/**
 * Writes the programs of `dist/src` to `dist/service`, each with the packages of {@link BUNDLED} in a few files. Finding and
 * reading 3,000 modules takes more than a third of the time of a start. `dist/src` remains: programs read texts and pages
 * there, and a path that a module computes from its own address is as before.
 */
export async function bundle(root) {
  const compiled = join(root, 'dist', 'src');
  const entryPoints = PROGRAMS.map((program) => join(compiled, program)).filter((path) => existsSync(path));
  if (entryPoints.length === 0) return;
  const { build } = await import('esbuild');
  const outdir = join(root, 'dist', 'service');
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints,
    outdir,
    // One folder for all files, from which the address of a compiled module is the same.
    entryNames: '[name]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    keepNames: true,
    write: false,
    banner: { js: COMMONJS },
    logLevel: 'error',
    plugins: [
      { name: 'packages', setup: keepPackages },
      { name: 'addresses', setup: keepAddresses(outdir) },
    ],
  });
  await mkdir(outdir, { recursive: true });
  const { default: ts } = await import('typescript');
  await Promise.all(
    outputFiles.map(({ path, text }) => writeFile(path, inAscii(namesOfClassesOnly(text, ts)))),
  );
}

/** What {@link inAscii} may not escape: a raw template would see the difference, and a backslash would escape the backslash. */
const NOT_TO_ESCAPE = /String\.raw`[^`]*[^\0-\x7f]|\\[^\0-\x7f]/;

/**
 * Escapes what esbuild leaves as it is: comments, and texts in tagged templates. Node.js keeps the text of a module in memory, and
 * a single character beyond ASCII makes it use two bytes for each.
 */
function inAscii(text) {
  const [unescapable] = NOT_TO_ESCAPE.exec(text) ?? [];
  if (unescapable !== undefined) throw new Error(`The bundle cannot be escaped: ${unescapable}`);
  return text.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/**
 * esbuild renames what has the same name in two modules, and `keepNames` restores the name at run time. The service needs
 * that of classes (log contexts, schemas of the OpenAPI document). Restoring that of functions, too, would define a property
 * whenever a closure is created, which took a tenth of the time of a request. They keep the name that their place gives them.
 */
function namesOfClassesOnly(text, ts) {
  const file = ts.createSourceFile('bundle.js', text, ts.ScriptTarget.ESNext, false, ts.ScriptKind.JS);
  const edits = [];
  const replace = (from, to, by = '') => edits.push({ from, to, by });
  const visit = (node) => {
    if (ts.isCallExpression(node) && node.expression.getText(file) === '__name') {
      const [target, name] = node.arguments;
      if (target.kind === ts.SyntaxKind.ThisKeyword)
        replace(
          node.getStart(file),
          node.end,
          `Object.defineProperty(this, "name", { value: ${name.getText(file)}, configurable: true })`,
        );
      else if (ts.isIdentifier(target)) replace(node.getStart(file), node.end, target.text);
      else {
        replace(node.getStart(file), target.getStart(file));
        replace(target.end, node.end);
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  edits.sort((one, other) => one.from - other.from);
  let from = 0;
  const parts = edits.flatMap((edit) => {
    const before = text.slice(from, edit.from);
    from = edit.to;
    return [before, edit.by];
  });
  return [...parts, text.slice(from)].join('');
}

/** Leaves every package that is not in the list, and every optional one that is not installed, to Node.js. */
function keepPackages(build) {
  build.onResolve({ filter: /^[^./#]/ }, async ({ path, kind, importer, resolveDir, pluginData }) => {
    if (pluginData === keepPackages || kind === 'entry-point') return undefined;
    if (!BUNDLED.some((name) => path === name || path.startsWith(name.endsWith('/') ? name : `${name}/`)))
      return { path, external: true };
    const found = await build.resolve(path, { kind, importer, resolveDir, pluginData: keepPackages });
    return found.errors.length > 0 ? { path, external: true } : found;
  });
}

/** Lets `import.meta.url` of a compiled module be the address of that module, not of the file that now contains it. */
function keepAddresses(outdir) {
  return (build) => {
    build.onLoad({ filter: /[\\/]dist[\\/]src[\\/].*\.js$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      if (!text.includes('import.meta.url')) return undefined;
      const address = JSON.stringify(relative(outdir, path).split(sep).join('/'));
      return { contents: text.replaceAll('import.meta.url', `new URL(${address}, import.meta.url).href`) };
    });
  };
}
