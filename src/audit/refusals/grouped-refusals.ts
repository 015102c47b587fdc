/** Details of an entry that represents several refusals of one caller. */
export interface GroupedRefusals {
  readonly count: number;
  /** When the first and the last of them were refused; RFC 3339, UTC, milliseconds. */
  readonly firstAt: string;
  readonly lastAt: string;
  /** The distinct methods and routes; at most twenty. */
  readonly routes: readonly string[];
}
