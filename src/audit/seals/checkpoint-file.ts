import { Injectable } from '@nestjs/common';
import { appendFileSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Environment } from '../../platform/config/environment.js';
import { type Checkpoint, parseCheckpoints } from './checkpoint.js';

/** At this size, checkpoints of the older half are removed, as far as later ones prove them. */
const MAX_BYTES = 1024 * 1024;

/**
 * The most checkpoints that are kept for ever because no later one proves them: in all, where they take a quarter of the file,
 * and whenever an older half is removed.
 */
const MAX_LASTING = 1000;
const MAX_LASTING_EACH = 100;

/** A line of the file. A lasting one is marked, and not looked at again. */
type Line = Checkpoint & { readonly isLasting?: true };

/** What is known about an old checkpoint: a later one proves it, the chain has another seal in its place, or neither. */
export type Standing = 'proven' | 'contradicted' | 'unknown';

/** The checkpoints of the older half, and the newest one of all. */
export interface OldCheckpoints {
  readonly old: readonly Checkpoint[];
  readonly newest: Checkpoint;
}

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

  /** Returns the older half if the file is full, without those that are kept for ever; otherwise null. */
  full(): OldCheckpoints | null {
    if (statSync(this.path).size <= MAX_BYTES) return null;
    const lines = this.lines().filter(({ isLasting }) => !isLasting);
    return { old: lines.slice(0, lines.length / 2), newest: lines.at(-1)! };
  }

  /**
   * Removes those of the old checkpoints that are proven, but the newest one stays. Of the others, those that contradict the
   * chain first, a few are kept for ever: each of them is sufficient proof that the chain was once another one.
   */
  prune({ old, newest }: OldCheckpoints, standing: (checkpoint: Checkpoint) => Standing): void {
    const removed = new Set(old.map(keyOf));
    removed.delete(keyOf(newest));
    // Other processes of the installation may have added lines meanwhile, or removed the same ones.
    const lines = this.lines();
    const lasting = lines.filter(({ isLasting }) => isLasting);
    const others = lines.filter(({ isLasting }) => !isLasting);
    const present = new Set(others.map(keyOf));
    const of = (wanted: Standing) =>
      old.filter((checkpoint) => present.has(keyOf(checkpoint)) && standing(checkpoint) === wanted);
    const added = distinct([...of('contradicted'), ...of('unknown')])
      .slice(0, Math.max(0, Math.min(MAX_LASTING_EACH, MAX_LASTING - lasting.length)))
      .map((checkpoint) => ({ ...checkpoint, isLasting: true as const }));
    const rest = others.filter((line) => !removed.has(keyOf(line)));
    const draft = `${this.path}.${process.pid}`;
    const text = [...lasting, ...added, ...rest].map((line) => `${JSON.stringify(line)}\n`).join('');
    writeFileSync(draft, text, { mode: 0o600 });
    renameSync(draft, this.path);
  }

  private lines(): Line[] {
    const texts = readFileSync(this.path, 'utf8').split('\n');
    return texts.flatMap((text) =>
      parseCheckpoints(text).map((checkpoint) =>
        text.includes('"isLasting":true') ? { ...checkpoint, isLasting: true as const } : checkpoint,
      ),
    );
  }
}

const keyOf = ({ number, hash }: Checkpoint) => `${number} ${hash}`;

function distinct(checkpoints: readonly Checkpoint[]): Checkpoint[] {
  return [...new Map(checkpoints.map((checkpoint) => [keyOf(checkpoint), checkpoint])).values()];
}
