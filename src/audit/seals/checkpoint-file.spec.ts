import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Environment } from '../../platform/config/environment.js';
import { CheckpointFile } from './checkpoint-file.js';

/** More than a megabyte. */
const MANY = 5000;

describe('The checkpoint file of two processes', () => {
  let dataDir: string;
  let one: CheckpointFile;
  let other: CheckpointFile;
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'portcullis-checkpoints-'));
    const environment = Object.assign(new Environment(), { DATA_DIR: dataDir });
    one = new CheckpointFile(environment);
    other = new CheckpointFile(environment);
    for (let number = 1; number <= MANY; number++) one.append(checkpoint(number));
  });
  afterEach(() => rmSync(dataDir, { recursive: true }));

  const checkpoint = (number: number) => ({
    number,
    time: '2026-01-01T00:00:00.000Z',
    hash: String(number).padStart(64, '0'),
    signature: '0'.repeat(128),
  });

  it('has each checkpoint once that both keep for ever at the same time', () => {
    const [first, second] = [one.full()!, other.full()!];
    one.prune(first, () => 'contradicted');
    const kept = one.read();
    other.prune(second, () => 'contradicted');
    expect(kept.length).toBeLessThan(MANY);
    expect(other.read()).toEqual(kept);
  });
});
