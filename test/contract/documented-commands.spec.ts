import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const program = readFileSync('scripts/portcullis.cjs', 'utf8');
const [, commands] = /const COMMANDS = \{\n(.*?)\n\};/s.exec(program)!;
const names = [...commands!.matchAll(/^ {2}(\w+)/gm)].map(([, name]) => name!);
const documents = ['docs/operations.md', 'docs/integration.md']
  .map((name) => readFileSync(name, 'utf8'))
  .join();

it.each(names)('the documents name the command: portcullis %s', (name) => {
  expect(documents).toMatch(new RegExp(`npx --no portcullis ${name}\\b`));
});
