import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { mostInATurn } from '../../../test/support/event-loop/most-in-a-turn.js';
import { temporaryFolder } from '../../../test/support/files/temporary-folder.js';
import { ErasedLines, userIdIn } from './erased-lines.js';

const idOf = (n: number) => `019a0000-0000-7000-8000-${String(n).padStart(12, '0')}`;
const person = (n: number) => ({ userId: idOf(n), deletedAt: new Date(Date.UTC(2026, 0, 1)) });
const lineOf = (n: number) => `{"userId":"${idOf(n)}","deletedAt":"2026-01-01T00:00:00.000Z"}\n`;

describe('a file of deleted people', () => {
  let folder: string;
  let path: string;
  const idsInFile = () =>
    readFileSync(path, 'utf8')
      .split('\n')
      .flatMap((line) => userIdIn(line) ?? []);

  beforeEach(async () => {
    folder = await temporaryFolder();
    path = join(folder, 'erased.ndjson');
  });

  it('is empty before anybody is added, and then has one line for each', async () => {
    const lines = new ErasedLines(path);
    expect(await lines.read()).toEqual(new Set());
    lines.append([person(1), person(2)]);
    expect(readFileSync(path, 'utf8')).toBe(lineOf(1) + lineOf(2));
    expect(await new ErasedLines(path).read()).toEqual(new Set([idOf(1), idOf(2)]));
  });

  it.each([10, 20, 55, 70, lineOf(2).length - 2])(
    'has nobody of a line that was cut off after %i characters, and spoils no other line by it',
    async (length) => {
      writeFileSync(path, lineOf(1) + lineOf(2).slice(0, length));
      const lines = new ErasedLines(path);
      expect(await lines.read()).toEqual(new Set([idOf(1)]));
      lines.append([person(2), person(3)]);
      lines.append([person(4)]);
      expect(idsInFile()).toEqual([idOf(1), idOf(2), idOf(3), idOf(4)]);
    },
  );

  it('lets other work proceed while many lines are read', async () => {
    writeFileSync(path, Array.from({ length: 10_000 }, (_, n) => lineOf(n)).join(''));
    const { most, all } = await mostInATurn(JSON, 'parse', async () => {
      expect((await new ErasedLines(path).read()).size).toBe(10_000);
    });
    expect(all).toBe(10_000);
    expect(most).toBeLessThanOrEqual(1000);
  });

  it('has whole lines only after a write that failed in the middle', () => {
    const lines = new ErasedLines(path);
    rmSync(folder, { recursive: true });
    expect(() => lines.append([person(1)])).toThrow('ENOENT');
    mkdirSync(folder);
    appendFileSync(path, lineOf(1).slice(0, 30));
    lines.append([person(1)]);
    expect(idsInFile()).toEqual([idOf(1)]);
  });
});
