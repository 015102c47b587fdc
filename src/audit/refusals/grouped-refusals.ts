/** What the details of an entry state that stands for several refusals of one caller. */
export interface GroupedRefusals {
  readonly count: number;
  /** When the first and the last of them were refused; RFC 3339, UTC, milliseconds. */
  readonly firstAt: string;
  readonly lastAt: string;
  /** Method and route of each, without repetition; at most twenty. */
  readonly routes: readonly string[];
}
