import { before as transformer } from '@nestjs/swagger/plugin';
import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/**
 * The compiler plugin of @nestjs/swagger for checkouts in any folder. The original takes module paths from the compiler's
 * text of a type, in which non-ASCII letters are escaped, and decodes percent signs: for `jürgen/src/a.dto.ts` it imports
 * `j/u00FCrgen/src/a.dto.js`. The part after the last `src/` is correct, and the path is rebuilt from it.
 */
export function before(options, program) {
  const transform = transformer(options, program);
  return (context) => {
    const visit = transform(context);
    return (file) => withValidImports(visit(file), context.factory);
  };
}

function withValidImports(file, factory) {
  const folder = dirname(file.fileName);
  const statements = file.statements.map((statement) => {
    if (!ts.isImportDeclaration(statement)) return statement;
    const { modifiers, importClause, moduleSpecifier, attributes } = statement;
    const wanted = specifierFrom(folder, moduleSpecifier.text);
    if (wanted === moduleSpecifier.text) return statement;
    const literal = factory.createStringLiteral(wanted);
    return factory.updateImportDeclaration(statement, modifiers, importClause, literal, attributes);
  });
  return factory.updateSourceFile(file, statements);
}

function specifierFrom(folder, specifier) {
  const source = specifier.replace(/\.js$/, '.ts');
  if (!specifier.startsWith('.') || existsSync(resolve(folder, source))) return specifier;
  const inRoot = join(ROOT, 'src', source.slice(source.lastIndexOf('/src/') + '/src/'.length));
  if (!existsSync(inRoot)) return specifier;
  const path = relative(folder, inRoot).replaceAll('\\', '/').replace(/\.ts$/, '.js');
  return path.startsWith('.') ? path : `./${path}`;
}
