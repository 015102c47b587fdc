import { appendFileSync, closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { WorkThrottle } from '../../platform/clock/work-throttle.js';
import { isUuid } from '../../platform/crypto/uuid.js';
import type { DeletedPerson } from './erasures.repository.js';

/** The cost of a line, in entries of the trail. */
const ENTRIES_OF_A_LINE = 0.25;

/** The lines of a file of deleted people, one for each. A line that was cut off by a full disk or a crash spoils no other. */
export class ErasedLines {
  constructor(private readonly path: string) {}

  /** Returns the ids of the people in the file. Throws if the file exists and cannot be read. */
  async read(): Promise<Set<string>> {
    const userIds = new Set<string>();
    const throttle = new WorkThrottle();
    try {
      const file = await open(this.path);
      for await (const line of file.readLines()) {
        const userId = userIdIn(line);
        if (userId !== null) userIds.add(userId);
        await throttle.worked(ENTRIES_OF_A_LINE);
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    return userIds;
  }

  /** Adds people. Throws if they cannot be written; some may have been. */
  append(people: readonly Pick<DeletedPerson, 'userId' | 'deletedAt'>[]): void {
    const lines = people.map(
      ({ userId, deletedAt }) => `${JSON.stringify({ userId, deletedAt: deletedAt.toISOString() })}\n`,
    );
    const file = openSync(this.path, 'a+', 0o600);
    try {
      if (endsWithinLine(file)) writeSync(file, '\n');
      appendFileSync(file, lines.join(''));
    } finally {
      closeSync(file);
    }
  }
}

/** Returns the id of the person whom a line is about, or null if it is not a line of such a file. */
export function userIdIn(line: string): string | null {
  try {
    const { userId } = JSON.parse(line) as { userId?: unknown };
    return typeof userId === 'string' && isUuid(userId) ? userId : null;
  } catch {
    return null;
  }
}

function endsWithinLine(file: number): boolean {
  const { size } = fstatSync(file);
  const last = Buffer.alloc(1);
  return size > 0 && readSync(file, last, 0, 1, size - 1) === 1 && last[0] !== 0x0a;
}
