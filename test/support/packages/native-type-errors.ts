import { pathToFileURL } from 'node:url';

interface Diagnostic {
  readonly fileName?: string;
  readonly text: string;
}

/** What is used here of the interface of TypeScript 7, which is not stable yet: the version is fixed in a lock file. */
interface Api {
  updateSnapshot(params: { openProjects: string[] }): {
    getProject(config: string): { readonly program: Program } | undefined;
  };
  close(): void;
}

interface Program {
  getSourceFileNames(): readonly string[];
  getSyntacticDiagnostics(file: string): readonly Diagnostic[];
  getSemanticDiagnostics(file: string): readonly Diagnostic[];
  getProgramDiagnostics(): readonly Diagnostic[];
  getGlobalDiagnostics(): readonly Diagnostic[];
  getConfigFileParsingDiagnostics(): readonly Diagnostic[];
}

/** Like `typeErrors`, by TypeScript 7, which has no classic interface. */
export async function nativeTypeErrors(
  compiler: string,
  config: string,
  isChecked: (file: string) => boolean,
): Promise<string[]> {
  const { API } = (await import(pathToFileURL(`${compiler}/dist/api/sync/api.js`).href)) as {
    API: new () => Api;
  };
  const api = new API();
  try {
    const { program } = api.updateSnapshot({ openProjects: [config] }).getProject(config)!;
    const checked = program.getSourceFileNames().filter(isChecked);
    return [
      ...program.getConfigFileParsingDiagnostics(),
      ...program.getProgramDiagnostics(),
      ...program.getGlobalDiagnostics(),
      ...checked.flatMap((file) => [
        ...program.getSyntacticDiagnostics(file),
        ...program.getSemanticDiagnostics(file),
      ]),
    ].map(({ fileName = '', text }) => `${fileName}: ${text}`);
  } finally {
    api.close();
  }
}
