/** One row of a module's error table: the public part of an error (RFC 9457). */
export interface ProblemRow {
  readonly code: string;
  readonly status: number;
  /** Short and the same for every occurrence. */
  readonly title: string;
  /** One public sentence on what happened or what to do. */
  readonly detail: string;
  /** A registered problem type (RFC 9457 section 4.2); by default, the type is this service's description of the code. */
  readonly type?: string;
}

/** One fault of a body or query; the pointer is a JSON Pointer in URI fragment form (RFC 6901 section 6). */
export interface FieldFault {
  readonly pointer: string;
  readonly detail: string;
}

/** Data of one occurrence, added to its row. `cause` is private: it is logged and never sent to a client. */
export interface ProblemOccurrence {
  readonly detail?: string;
  readonly errors?: readonly FieldFault[];
  readonly headers?: Readonly<Record<string, string>>;
  /** Whole seconds, sent as `Retry-After` (RFC 9110 section 10.2.3). */
  readonly retryAfterSeconds?: number;
  /** Further members of the problem document, for example `violated-policies`. */
  readonly extensions?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** The only error that services throw for outcomes that clients are told about; rendered by the HTTP layer. */
export class Problem extends Error {
  constructor(
    readonly row: ProblemRow,
    readonly occurrence: ProblemOccurrence = {},
  ) {
    super(row.code, { cause: occurrence.cause });
    this.name = 'Problem';
  }
}

/** Returns whether an error is a problem of one of these rows. */
export function isProblem(error: unknown, ...rows: readonly ProblemRow[]): error is Problem {
  return error instanceof Problem && rows.includes(error.row);
}

/** Creates a module's error table: code to status, title, public sentence and, if registered, problem type. */
export function problemTable<
  const T extends Record<string, readonly [status: number, title: string, detail: string, type?: string]>,
>(rows: T): { readonly [K in keyof T & string]: ProblemRow } {
  const table = Object.entries(rows).map(([code, [status, title, detail, type]]) => [
    code,
    { code, status, title, detail, ...(type && { type }) } satisfies ProblemRow,
  ]);
  return Object.fromEntries(table) as { readonly [K in keyof T & string]: ProblemRow };
}
