import { createReadStream, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Folders that contain nothing written in the project. In a worktree or submodule, `.git` is a file. */
const LEFT_OUT: ReadonlySet<string> = new Set(['node_modules', '.git']);

const PART_BYTES = 1024 * 1024;

/** A file with a NUL byte among its first bytes counts as binary; git looks at as many. */
const LOOKED_AT = 8000;

/** What a path names. A link is never followed. */
export function kindOfPath(path: string): 'file' | 'folder' | 'link' | 'missing' | 'other' {
  let stats;
  try {
    stats = lstatSync(path, { throwIfNoEntry: false });
  } catch {
    // For example below a folder that may not be entered. Whoever opens it as a file learns why.
    return 'file';
  }
  if (stats === undefined) return 'missing';
  if (stats.isSymbolicLink()) return 'link';
  if (stats.isDirectory()) return 'folder';
  return stats.isFile() ? 'file' : 'other';
}

/**
 * Yields the files of a folder in the order of their names, at any depth, without links, `node_modules` and `.git`. Calls
 * `onUnreadable` for each folder that cannot be read.
 */
export function* filesOf(
  folder: string,
  onUnreadable: (path: string, error: unknown) => void,
): Generator<string> {
  let entries;
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    onUnreadable(folder, error);
    return;
  }
  for (const entry of entries.toSorted((one, other) => (one.name < other.name ? -1 : 1))) {
    if (LEFT_OUT.has(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesOf(path, onUnreadable);
    else if (entry.isFile()) yield path;
  }
}

/** Yields a text in parts, as Latin-1; nothing if it is binary. */
export async function* partsOf(source: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let isFirst = true;
  for await (const part of source) {
    if (isFirst && part.subarray(0, LOOKED_AT).includes(0)) return;
    isFirst = false;
    yield part.toString('latin1');
  }
}

/** Opens a file for {@link partsOf}. */
export function bytesOf(path: string): AsyncIterable<Buffer> {
  return createReadStream(path, { highWaterMark: PART_BYTES });
}
