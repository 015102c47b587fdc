import { readFile } from 'node:fs/promises';

/** Returns the n-th program of docs/integration.md, with some of its text replaced; throws if that text is missing. */
export async function documentedProgram(
  n: number,
  replacements: Readonly<Record<string, string>>,
): Promise<string> {
  const page = await readFile('docs/integration.md', 'utf8');
  let program = [...page.matchAll(/```js\n(.*?)```/gs)][n]?.[1];
  if (program === undefined) throw new Error(`docs/integration.md has no program ${n}.`);
  for (const [text, other] of Object.entries(replacements)) {
    if (!program.includes(text)) throw new Error(`Program ${n} of docs/integration.md has no ${text}`);
    program = program.replace(text, other);
  }
  return program;
}

/** Returns the program of docs/integration.md that calls an API with `@portcullis/client`, for a page on the host of the service. */
export async function documentedProgramWithClient(): Promise<string> {
  const page = await readFile('docs/integration.md', 'utf8');
  const programs = [...page.matchAll(/```ts\n(.*?)```/gs)].map(([, program]) => program!);
  const program = programs.find((text) => text.includes('function callApi('));
  if (program === undefined) throw new Error('docs/integration.md has no callApi.');
  return program.replace("'https://auth.example.com'", "''");
}
