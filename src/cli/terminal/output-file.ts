import { rmSync } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { CommandFailure, EXIT } from '../exit-codes.js';

/** What only a file reports while it is written. Other codes may come from where its content is read, such as a database. */
const DISK_FAULTS = new Set(['EDQUOT', 'EFBIG', 'EIO', 'ENOSPC']);

/** Signals that end a command, which handles none itself. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Creates a file of mode 600 and writes it. If that fails or a signal ends the process, the incomplete file is deleted, so
 * that the command can be repeated.
 * Throws a {@link CommandFailure} that names the file if it exists or cannot be written, and passes on other errors of `write`.
 */
export async function writeNewFile(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(path, 'wx', 0o600).catch((error: unknown) => {
    throw failureOf(path, error);
  });
  const endWithout = (signal: NodeJS.Signals) => {
    rmSync(path, { force: true });
    // Nobody handles it any more, so that it ends the process.
    process.kill(process.pid, signal);
  };
  for (const signal of ENDING) process.once(signal, endWithout);
  try {
    await write(file);
    await file.close();
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(path, { force: true });
    throw DISK_FAULTS.has(codeOf(error)) ? failureOf(path, error) : error;
  } finally {
    for (const signal of ENDING) process.off(signal, endWithout);
  }
}

function failureOf(path: string, error: unknown): CommandFailure {
  const code = codeOf(error);
  const text = code === 'EEXIST' ? 'exists; it is not overwritten.' : `cannot be written (${code}).`;
  return new CommandFailure(EXIT.noOutput, `${path} ${text}`);
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException | null)?.code ?? String(error);
