import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../test/support/files/temporary-folder.js';
import { EXIT } from '../exit-codes.js';
import { writeNewFile } from './output-file.js';

describe('A file that a command writes', () => {
  const failing = (error: Error) => async (file: { writeFile(text: string): Promise<void> }) => {
    await file.writeFile('half a li');
    throw error;
  };

  it('is deleted if its content fails midway, whose error is passed on, so that the next try succeeds', async () => {
    const path = join(await temporaryFolder(), 'accounts.ndjson');
    const lost = Object.assign(new Error('connection lost'), { code: 'ECONNRESET' });
    await expect(writeNewFile(path, failing(lost))).rejects.toBe(lost);
    await writeNewFile(path, (file) => file.writeFile('a line\n'));
    expect(await readFile(path, 'utf8')).toBe('a line\n');
  });

  it('is deleted if the disk is full, and named with the code for output that cannot be created', async () => {
    const path = join(await temporaryFolder(), 'accounts.ndjson');
    const full = Object.assign(new Error('no space left'), { code: 'ENOSPC' });
    await expect(writeNewFile(path, failing(full))).rejects.toMatchObject({
      exitCode: EXIT.noOutput,
      message: `${path} cannot be written (ENOSPC).`,
    });
    await expect(readFile(path)).rejects.toThrow('ENOENT');
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'is deleted if %s ends the command midway',
    async (signal) => {
      const path = join(await temporaryFolder(), 'accounts.ndjson');
      const program = `import { writeNewFile } from './src/cli/terminal/output-file.ts';
      await writeNewFile(process.argv[1], async (file) => {
        await file.writeFile('half a li');
        process.stdout.write('writing');
        await new Promise((resolve) => setTimeout(resolve, 60_000));
      });`;
      const command = spawn(process.execPath, [
        '--import',
        'tsx',
        '--input-type=module',
        '-e',
        program,
        path,
      ]);
      await once(command.stdout, 'data');
      expect(await readFile(path, 'utf8')).toBe('half a li');
      command.kill(signal);
      expect(await once(command, 'exit')).toEqual([null, signal]);
      await expect(readFile(path)).rejects.toThrow('ENOENT');
    },
  );

  it('keeps a file of this name, even one that appears while the command starts', async () => {
    const path = join(await temporaryFolder(), 'accounts.ndjson');
    await writeFile(path, 'of somebody else');
    await expect(writeNewFile(path, (file) => file.writeFile('a line\n'))).rejects.toMatchObject({
      exitCode: EXIT.noOutput,
      message: `${path} exists; it is not overwritten.`,
    });
    expect(await readFile(path, 'utf8')).toBe('of somebody else');
  });
});
