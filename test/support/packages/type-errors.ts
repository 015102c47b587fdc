import { createRequire } from 'node:module';
import type * as TypeScript from 'typescript';

/**
 * What a compiler, the package of TypeScript at this path, finds wrong in a project, one line each. Only the files that
 * `isChecked` names are checked; the others are read for what these use of them.
 */
export function typeErrors(compiler: string, config: string, isChecked: (file: string) => boolean): string[] {
  const ts = createRequire(import.meta.url)(compiler) as typeof TypeScript;
  const parsed = ts.getParsedCommandLineOfConfigFile(
    config,
    {},
    {
      ...ts.sys,
      onUnRecoverableConfigFileDiagnostic: (diagnostic) => {
        throw new Error(ts.flattenDiagnosticMessageText(diagnostic.messageText, ' '));
      },
    },
  )!;
  const program = ts.createProgram(parsed.fileNames, parsed.options);
  const checked = program.getSourceFiles().filter(({ fileName }) => isChecked(fileName));
  return [
    ...parsed.errors,
    ...program.getOptionsDiagnostics(),
    ...program.getGlobalDiagnostics(),
    ...checked.flatMap((file) => [
      ...program.getSyntacticDiagnostics(file),
      ...program.getSemanticDiagnostics(file),
    ]),
  ].map(
    ({ file, messageText }) =>
      `${file?.fileName ?? ''}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
  );
}
