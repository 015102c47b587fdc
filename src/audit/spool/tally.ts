import { createHash, hash } from 'node:crypto';
import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import type { MasterKey } from '../../platform/crypto/master-key.js';
import { linesIn } from '../../platform/database/line-count.js';

/** The suffix of a tally's file behind the name of its segment. */
export const TALLY_SUFFIX = '.tally';

const NUMBER_WIDTH = 12;

/** The expected contents of a segment. Each process numbers its lines. */
export interface Tally {
  /** The process that wrote the lines. */
  readonly owner: string;
  /** Number of lines that it had written before. */
  readonly first: number;
  readonly lines: number;
  readonly bytes: number;
  /** SHA-256, hex. */
  readonly digest: string;
}

/** Returns the number of lines missing from the content of a segment, or 1 if lines were changed and none is missing. */
export function missingFrom(content: Buffer, { lines, bytes, digest }: Tally): number {
  if (hash('sha256', content.subarray(0, bytes), 'hex') === digest) return 0;
  return Math.max(1, lines - linesIn(content));
}

/**
 * Maintains the tally of an open segment in a separate file, authenticated with a key derived from the master secret.
 * Anyone who can write to the folder can remove lines, but cannot adjust the tally. A separate file keeps the segment's
 * lines as PostgreSQL reads them, and readable by earlier versions.
 */
export class TallyWriter {
  private readonly hash = createHash('sha256');
  private readonly descriptor: number;
  private tally: Tally;
  /** The key id of the master secret that was current at the beginning. */
  readonly keyId: string;

  /** Creates the file. Throws the file system's error. */
  constructor(
    private readonly path: string,
    private readonly key: MasterKey,
    start: Pick<Tally, 'owner' | 'first'>,
  ) {
    this.keyId = key.id;
    this.tally = { ...start, lines: 0, bytes: 0, digest: '' };
    this.descriptor = openSync(`${path}${TALLY_SUFFIX}`, 'wx', 0o600);
  }

  get current(): Tally {
    return this.tally;
  }

  /** Counts written lines. Throws the file system's error, in which case they are counted too. */
  add(lines: number, bytes: Buffer): void {
    this.hash.update(bytes);
    this.tally = {
      ...this.tally,
      lines: this.tally.lines + lines,
      bytes: this.tally.bytes + bytes.length,
      digest: this.hash.copy().digest('hex'),
    };
    // The length never changes, so one write replaces the previous tally.
    const text = textOf(this.tally);
    writeSync(this.descriptor, `${text} ${macOf(this.key, text)} ${this.key.id}\n`, 0);
  }

  close(): void {
    closeSync(this.descriptor);
  }

  /** Removes the file, for a segment that could not be created. Throws the file system's error. */
  discard(): void {
    try {
      this.close();
    } finally {
      rmSync(`${this.path}${TALLY_SUFFIX}`, { force: true });
    }
  }
}

/** Reads the tally of a segment left by another process. Returns null if there is none, `forged` if it is not authentic. */
export function readTally(path: string, key: MasterKey): Tally | 'forged' | null {
  const fields = fieldsOf(path);
  if (fields === null) return null;
  const [owner = '', first, lines, bytes, digest = '', mac] = fields;
  const tally = { owner, first: Number(first), lines: Number(lines), bytes: Number(bytes), digest };
  return key.isMac('audit-spool', textOf(tally), Buffer.from(mac ?? '', 'hex')) ? tally : 'forged';
}

/**
 * Returns the key id of the master secret that made the tally of a segment if it is not known; otherwise null. The key id
 * itself is not authenticated: naming another one hides the segment no better than removing it.
 */
export function secretLackedBy(path: string, key: MasterKey): string | null {
  // The previous version named none.
  const keyId = fieldsOf(path)?.[6];
  return keyId === undefined || key.knows(keyId) ? null : keyId;
}

function fieldsOf(path: string): string[] | null {
  const line = readIfThere(`${path}${TALLY_SUFFIX}`).trimEnd();
  return line === '' ? null : line.split(' ');
}

function textOf({ owner, first, lines, bytes, digest }: Tally): string {
  return `${owner} ${padded(first)} ${padded(lines)} ${padded(bytes)} ${digest}`;
}

function padded(number: number): string {
  return String(number).padStart(NUMBER_WIDTH, '0');
}

function macOf(key: MasterKey, text: string): string {
  return key.mac('audit-spool', text).toString('hex');
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
