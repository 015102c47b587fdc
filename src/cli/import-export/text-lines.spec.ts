import { fc } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { EXIT } from '../exit-codes.js';
import { textLines } from './text-lines.js';

/** The lines of bytes that arrive in pieces of the given size. */
async function linesOf(bytes: Uint8Array, size = bytes.length + 1, longest = 1000): Promise<string[]> {
  const chunks = async function* () {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  };
  const lines: string[] = [];
  for await (const line of textLines(chunks(), longest)) lines.push(line);
  return lines;
}

const ofText = (text: string, size?: number) => linesOf(Buffer.from(text), size);

describe('the lines of a text', () => {
  it.each([
    ['', []],
    ['\n', ['']],
    ['a', ['a']],
    ['a\nb', ['a', 'b']],
    ['a\n\nb\n', ['a', '', 'b']],
    ['a\r\nb\r\n', ['a', 'b']],
    ['a\r\r\n', ['a\r']],
  ])('of %j are %j', async (text, lines) => {
    expect(await ofText(text)).toEqual(lines);
  });

  it.each(['\r', '\u000b', '\u000c', '\u0085', '\u2028', '\u2029'])(
    'are not separated by %j',
    async (character) => {
      expect(await ofText(`a${character}b\nc`)).toEqual([`a${character}b`, 'c']);
    },
  );

  it('do not depend on the pieces in which the bytes arrive', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: 'binary' }).map((line) => line.replaceAll(/[\n\r]|^\ufeff/g, ''))),
        fc.integer({ min: 1, max: 9 }),
        async (lines, size) => {
          expect(await ofText(lines.map((line) => `${line}\n`).join(''), size)).toEqual(lines);
        },
      ),
    );
  });

  it.each([1, 3, undefined])(
    'contain no more than the reader accepts, in pieces of %s bytes',
    async (size) => {
      const bytes = Buffer.from(`${'€'.repeat(4)}\n${'a'.repeat(50)}\nb\n${'\u{1f9a6}'.repeat(50)}`);
      const lines = await linesOf(bytes, size, 4);
      expect(lines.map((line) => line.length)).toEqual([4, 5, 1, 5]);
      expect(lines[0]).toBe('€'.repeat(4));
    },
  );

  it('do not contain the byte order mark with which some programs begin a file', async () => {
    expect(await ofText('\ufeffa\nb')).toEqual(['a', 'b']);
  });

  it.each([
    ['Latin-1', Buffer.from('a\nb\nJos\u00e9\nd', 'latin1'), 3],
    ['UTF-16', Buffer.from('\ufeffab\n', 'utf16le'), 1],
    ['a cut character', Buffer.from('a\n\u00e9').subarray(0, -1), 2],
    ['half a pair', Buffer.from([0x61, 0x0a, 0xed, 0xa0, 0x80]), 2],
  ])('are refused with the number of the first one that is not UTF-8: %s', async (_name, bytes, line) => {
    const message = `Line ${line} is not text in UTF-8.`;
    await expect(linesOf(bytes)).rejects.toMatchObject({ exitCode: EXIT.dataError, message });
    await expect(linesOf(bytes, 1)).rejects.toMatchObject({ message });
  });
});
