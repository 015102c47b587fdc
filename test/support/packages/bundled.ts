import { build } from 'esbuild';
import { resolve } from 'node:path';

/** The sources of the packages, as their users import them. */
const SOURCES = {
  '@portcullis/client': resolve('packages/client/src/index.ts'),
};

/** A program that imports the packages as one module for browsers, Node.js and workers, as a user's bundler makes it. */
export async function bundled(program: string): Promise<string> {
  const { outputFiles, warnings } = await build({
    stdin: { contents: program, resolveDir: resolve('.'), loader: 'ts' },
    alias: SOURCES,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
    logLevel: 'silent',
  });
  if (warnings.length > 0) throw new Error(warnings.map(({ text }) => text).join('\n'));
  return outputFiles[0]!.text;
}
