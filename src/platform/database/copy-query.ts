import { Query } from 'pg';

/** Rows for a table, in the text format of `COPY ... FROM STDIN`. */
export interface CopiedRows {
  /** A query of one value, which is asked in the transaction that writes the rows, just before. */
  readonly ask: string;
  /** The COPY statement. Its last column takes the value. */
  readonly copy: string;
  /** Lines, each escaped as the format demands, without its last field, and ended by a line feed. */
  readonly rows: Buffer;
}

/** What node-postgres can do in answer to CopyInResponse; its types leave it out. */
interface CopyConnection {
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

/** What node-postgres does at the end of each statement; its types leave it out. */
interface CommandCompletion {
  handleCommandComplete(message: { readonly text: string }, connection: unknown): void;
}

/**
 * No timeout of the server's runs while it waits for rows, and until then its open transaction keeps the trail from being
 * sealed: a machine that is gone has to show by its connection, some 30 s later, not after TCP's two hours. The
 * number of probes stays the system's (nine, or ten), because not every system lets it be changed.
 */
const GONE_AFTER_30_S = 'SET LOCAL tcp_keepalives_idle = 10; SET LOCAL tcp_keepalives_interval = 2';

/**
 * A statement of node-postgres' that sends rows. One message asks for all of it, which makes it one transaction of
 * PostgreSQL's and a single wait of ours: the value comes before the server asks for the rows, which can so contain it.
 * A refusal ends it as it ends any statement; the server discards the rows already sent, and the connection stays usable.
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

  /** Rows that PostgreSQL says it has written. */
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

function withLastField(rows: Buffer, value: string): Buffer {
  const end = Buffer.from(`\t${value}\n`);
  const parts: Buffer[] = [];
  for (let start = 0; start < rows.length;) {
    const lineEnd = rows.indexOf('\n', start);
    parts.push(rows.subarray(start, lineEnd), end);
    start = lineEnd + 1;
  }
  return Buffer.concat(parts);
}
