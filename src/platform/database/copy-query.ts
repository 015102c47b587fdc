import { Query } from 'pg';
import { LINE_FEED, linesIn } from './line-count.js';

/** Rows for a table, in the text format of `COPY ... FROM STDIN`. */
export interface CopiedRows {
  /** A query for a single value. It runs in the transaction that writes the rows, immediately before the COPY. */
  readonly ask: string;
  /** The COPY statement. The value goes into its last column. */
  readonly copy: string;
  /** Lines escaped as the format requires, without the last field, each ended by a line feed. */
  readonly rows: Buffer;
}

/** Methods of node-postgres for responding to CopyInResponse; its types omit them. */
interface CopyConnection {
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

/** The method that node-postgres calls at the end of each statement; its types omit it. */
interface CommandCompletion {
  handleCommandComplete(message: { readonly text: string }, connection: unknown): void;
}

/**
 * No server timeout applies while the server waits for rows, and until then the open transaction prevents the trail
 * from being sealed. Keepalives must therefore detect a lost machine within about 30 s instead of TCP's two hours. The
 * number of probes remains the system's default (nine or ten), because not every system allows changing it.
 */
const GONE_AFTER_30_S = 'SET LOCAL tcp_keepalives_idle = 10; SET LOCAL tcp_keepalives_interval = 2';

/**
 * A node-postgres statement that sends rows. One message requests everything, so that it is a single transaction in
 * PostgreSQL and a single wait in the service: the value arrives before the server requests the rows, so the rows can
 * contain it. An error ends it like any statement; the server discards the rows already sent, and the connection stays
 * usable.
 */
export class CopyQuery extends Query {
  private value = '';

  constructor(
    private readonly copied: CopiedRows,
    done: (error: Error | undefined) => void,
  ) {
    super(`${GONE_AFTER_30_S}; ${copied.ask}; ${copied.copy}`, done);
  }

  handleDataRow({ fields }: { readonly fields: readonly string[] }): void {
    this.value = fields[0]!;
  }

  /** Number of rows that PostgreSQL reports as written. */
  written = 0;

  handleCommandComplete(message: { readonly text: string }, connection: unknown): void {
    const [, rows] = /^COPY (\d+)$/.exec(message.text) ?? [];
    if (rows !== undefined) this.written = Number(rows);
    (Query.prototype as unknown as CommandCompletion).handleCommandComplete.call(this, message, connection);
  }

  handleCopyInResponse(connection: CopyConnection): void {
    connection.sendCopyFromChunk(withLastField(this.copied.rows, this.value));
    connection.endCopyFrom();
  }
}

/** Copies line by line into one buffer of the right size, in half the time of joining a buffer for each line. */
function withLastField(rows: Buffer, value: string): Buffer {
  const field = Buffer.from(`\t${value}`);
  const completed = Buffer.allocUnsafe(rows.length + linesIn(rows) * field.length);
  let at = 0;
  for (let start = 0; start < rows.length;) {
    const end = rows.indexOf(LINE_FEED, start);
    at += rows.copy(completed, at, start, end);
    at += field.copy(completed, at);
    completed[at++] = LINE_FEED;
    start = end + 1;
  }
  return completed;
}
