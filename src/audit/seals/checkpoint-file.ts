import { Injectable } from '@nestjs/common';
import { appendFileSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Environment } from '../../platform/config/environment.js';
import { type Checkpoint, parseCheckpoints } from './checkpoint.js';

/** At this size, the older half is removed. The newest checkpoint is sufficient proof of all earlier ones. */
const MAX_BYTES = 1024 * 1024;

/** The checkpoints that this installation keeps in `DATA_DIR/audit-checkpoints.ndjson`, outside the database. */
@Injectable()
export class CheckpointFile {
  private readonly path: string;

  constructor(environment: Environment) {
    this.path = join(environment.DATA_DIR, 'audit-checkpoints.ndjson');
  }

  /** Adds a checkpoint. Throws the file system's error. */
  append(checkpoint: Checkpoint): void {
    appendFileSync(this.path, `${JSON.stringify(checkpoint)}\n`, { mode: 0o600 });
    if (statSync(this.path).size > MAX_BYTES) this.letOldOnesGo();
  }

  /** Returns the stored checkpoints, oldest first; empty if there is no file. */
  read(): Checkpoint[] {
    try {
      return parseCheckpoints(readFileSync(this.path, 'utf8'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }

  private letOldOnesGo(): void {
    const lines = readFileSync(this.path, 'utf8').trimEnd().split('\n');
    const draft = `${this.path}.${process.pid}`;
    writeFileSync(draft, `${lines.slice(lines.length / 2).join('\n')}\n`, { mode: 0o600 });
    renameSync(draft, this.path);
  }
}
