import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { confirm, readSecret } from './terminal-input.js';

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

const piped = (text: string) => {
  const input = new PassThrough();
  input.end(text);
  return input;
};

describe('A secret', () => {
  it('is read from a terminal and never shown', async () => {
    const { input, output, raw, shown } = terminal('wandering otters\r');
    expect(await readSecret('Access token', input, output)).toBe('wandering otters');
    expect(shown()).toBe('Access token: \n');
    expect(raw).toEqual([true, false]);
  });

  it.each([
    ['an empty one', 66, ['\r']],
    ['Ctrl-C', 130, []],
  ])('is refused: %s', async (_what, exitCode, lines) => {
    const { input, output } = terminal(...lines);
    await expect(readSecret('Access token', input, output)).rejects.toMatchObject({ exitCode });
  });

  it('is everything from a pipe except the last line break', async () => {
    expect(await readSecret('Access token', piped(' a\nb \r\n'), new PassThrough())).toBe(' a\nb ');
    await expect(readSecret('Access token', piped('\n'), new PassThrough())).rejects.toMatchObject({
      exitCode: 66,
    });
  });
});

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
