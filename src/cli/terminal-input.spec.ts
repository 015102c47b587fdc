import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { confirm } from './terminal-input.js';

/** A terminal on which these lines are typed, one after each prompt, and what it shows. */
function terminal(...lines: string[]) {
  const raw: boolean[] = [];
  const input = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (mode: boolean) => raw.push(mode),
  });
  const output = new PassThrough();
  let shown = '';
  output.on('data', (chunk: Buffer) => {
    shown += chunk.toString();
    if (shown.endsWith(': ') || shown.endsWith('[y/N] ')) input.write(lines.shift() ?? '\u0003');
  });
  return { input, output, raw, shown: () => shown };
}

describe('A question', () => {
  it.each([
    ['y\n', true],
    ['Yes\n', true],
    ['\n', false],
    ['no\n', false],
  ])('is answered by %j', async (line, agreed) => {
    const { input, output } = terminal(line);
    expect(await confirm('Delete it?', input, output)).toBe(agreed);
  });
});
