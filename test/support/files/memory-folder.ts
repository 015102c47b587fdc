import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, statfsSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

const MEMORY = '/dev/shm';
/** Enough for several concurrent runs; the default of 64 MB in containers is not. */
const NEEDED_BYTES = 2 * 1024 ** 3;

/**
 * The folder of this checkout and user for temporary files: in memory where Linux offers enough of it, because cloning
 * a database creates 350 files, which takes a second on some disks and 15 ms in memory. The system's temporary folder
 * otherwise.
 */
export function memoryFolder(): string {
  const checkout = createHash('sha256').update(process.cwd()).digest('hex').slice(0, 8);
  const parent = hasRoom(MEMORY) ? MEMORY : tmpdir();
  const folder = join(parent, `portcullis-test-${userInfo().uid}-${checkout}`);
  mkdirSync(folder, { recursive: true });
  // The permissions of a temporary folder, for specs that start processes as another user.
  chmodSync(folder, 0o1777);
  return folder;
}

function hasRoom(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize >= NEEDED_BYTES;
  } catch {
    return false;
  }
}
