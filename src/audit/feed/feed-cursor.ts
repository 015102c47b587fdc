const PLACE = /^\d{1,16}:([0-9a-f-]{36})?$/;

/** Sorts before any id. */
const NO_ID = '';

/** A place in the order of the feed: after an entry, or before all entries of a position. */
export class FeedCursor {
  constructor(
    readonly position: number,
    readonly id: string = NO_ID,
  ) {}

  static at(entry: { position: number; id: string }): FeedCursor {
    return new FeedCursor(entry.position, entry.id);
  }

  /** Whether external text can be parsed as a cursor. */
  static isCursor(text: string): boolean {
    return PLACE.test(text);
  }

  /** Parses the output of {@link toString}. */
  static parse(text: string): FeedCursor {
    const [position, id] = text.split(':');
    return new FeedCursor(Number(position), id);
  }

  /** Whether this comes before an entry, or before another cursor. */
  isBefore(entry: { position: number; id: string }): boolean {
    return entry.position > this.position || (entry.position === this.position && entry.id > this.id);
  }

  toString(): string {
    return `${this.position}:${this.id}`;
  }
}
