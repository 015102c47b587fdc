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
