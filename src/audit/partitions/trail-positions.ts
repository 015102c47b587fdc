import { Injectable } from '@nestjs/common';

/** Returns a position up to which entries count as read; 0 if there is none. */
export type ReadPosition = () => Promise<number>;

/**
 * The stored positions of those who read the trail. After a restore into another cluster, new entries must come after them, or
 * they would never be read: a reader may have stored a position that is later than the last entry and the last seal.
 */
@Injectable()
export class TrailPositions {
  private readonly readers: ReadPosition[] = [];

  /** Registers a reader, which must be done before the modules are initialised. */
  register(reader: ReadPosition): void {
    this.readers.push(reader);
  }

  /** Returns the stored positions of all readers. */
  async read(): Promise<number[]> {
    return Promise.all(this.readers.map((reader) => reader()));
  }
}
