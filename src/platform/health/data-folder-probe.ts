import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** How long a result stays valid, milliseconds: probes cause at most one write per interval. */
const FRESH_MS = 1000;
/** How long a probe waits for a write, milliseconds: an unreachable network disk blocks for minutes, also opening a file. */
const PATIENCE_MS = 1000;
/** A full file system can still create empty files, and may have room for a few bytes inside an inode. */
const PROBE = Buffer.alloc(8192, 'x');

/** Checks whether `DATA_DIR` is writable, which every recorded request needs. */
export class DataFolderProbe {
  private readonly file: string;
  private last: { readonly atMs: number; readonly writable: Promise<boolean> } | null = null;
  /** At most one, because each occupies a thread for as long as the disk does not respond. */
  private write: Promise<boolean> | null = null;

  constructor(dataDir: string) {
    this.file = join(dataDir, `.ready.${process.pid}`);
  }

  /** Returns true if a file was written within the last second, or just now. Takes one second at most. */
  isWritable(): Promise<boolean> {
    const atMs = performance.now();
    if (!this.last || atMs - this.last.atMs > FRESH_MS) this.last = { atMs, writable: this.probe() };
    return this.last.writable;
  }

  private async probe(): Promise<boolean> {
    this.write ??= this.writes().finally(() => {
      this.write = null;
    });
    return Promise.race([this.write, wait(PATIENCE_MS, false, { ref: false })]);
  }

  private async writes(): Promise<boolean> {
    try {
      await writeFile(this.file, PROBE, { mode: 0o600 });
      return true;
    } catch {
      return false;
    } finally {
      await rm(this.file, { force: true }).catch(() => undefined);
    }
  }
}
