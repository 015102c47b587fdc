import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** How long a result is good for, milliseconds: any number of probes costs one write per this. */
const FRESH_MS = 1000;
/** A disk of a network that is away blocks a write for minutes. */
const PATIENCE_MS = 1000;
/** A full file system still creates empty files, and may have room for a few bytes inside of an inode. */
const PROBE = Buffer.alloc(8192, 'x');

/** Whether `DATA_DIR` takes data, which every request that leaves a record needs. */
export class DataFolderProbe {
  private readonly file: string;
  private last: { readonly atMs: number; readonly writable: Promise<boolean> } | null = null;

  constructor(dataDir: string) {
    this.file = join(dataDir, `.ready.${process.pid}`);
  }

  /** True once a file was written within the last second, or just now. */
  isWritable(): Promise<boolean> {
    const atMs = performance.now();
    if (!this.last || atMs - this.last.atMs > FRESH_MS) this.last = { atMs, writable: this.probe() };
    return this.last.writable;
  }

  private async probe(): Promise<boolean> {
    try {
      await writeFile(this.file, PROBE, { mode: 0o600, signal: AbortSignal.timeout(PATIENCE_MS) });
      return true;
    } catch {
      return false;
    } finally {
      await rm(this.file, { force: true }).catch(() => undefined);
    }
  }
}
