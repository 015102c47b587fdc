import { callbackify } from 'node:util';
import { Client, type ClientConfig } from 'pg';
import { nameOfPrepared } from './prepared-statements.js';
import type { SessionSettings } from './session-settings.js';

/** `read_only_sql_transaction`: the server was demoted in a failover, or made read-only. */
export const READ_ONLY = '25006';

/** The configuration of node-postgres, plus the settings that a {@link SessionClient} sets on its connection. */
export interface SessionClientConfig extends ClientConfig {
  readonly session?: SessionSettings;
}

/**
 * Applies the settings that this server supports, and returns the backend's process id and whether it accepts writes. A
 * stricter `synchronous_commit` set by the operator is kept.
 */
const SET_UP = `SELECT name, set_config(name, value, false) AS value, pg_backend_pid() AS pid,
    current_setting('transaction_read_only') AS "readOnly"
  FROM json_each_text($1) AS wanted (name, value) JOIN pg_settings USING (name)
  WHERE name <> 'synchronous_commit' OR setting = 'off'`;

interface SetUpRow {
  readonly name: string;
  readonly pid: number;
  readonly readOnly: 'on' | 'off';
}

/** The arguments of node-postgres' `query`, in any of its forms. */
export type StatementParameters = readonly unknown[];

const TRANSACTION_START = 'START TRANSACTION';

/**
 * A node-postgres client whose session has known settings. A statement sets them after the login, because poolers
 * refuse startup parameters. Behind a pooler each transaction sets them again, because it may run on a connection that
 * another client has used. A server that accepts no writes (a standby, or the old primary after a failover) is rejected
 * with SQLSTATE 25006 and not used for reads either.
 */
export class SessionClient extends Client {
  private readonly session: SessionSettings;
  private transactionStart = TRANSACTION_START;
  /** Whether the connection goes through a pooler. Known after the connect. */
  isPooled = false;

  override readonly query: Client['query'] = ((...parameters: StatementParameters) =>
    this.send(parameters)) as Client['query'];

  constructor(config: SessionClientConfig = {}) {
    super(config);
    this.session = config.session ?? {};
    // An `error` event without a listener ends the process, and a pool hands out connections without a listener. The
    // next statement reports a lost connection as well, so the event can be ignored.
    this.on('error', () => undefined);
  }

  override connect(): Promise<this>;
  override connect(callback: (error: Error | null) => void): void;
  override connect(callback?: (error: Error | null) => void): Promise<this> | void {
    const connected = super.connect().then(() => this.setUp());
    if (!callback) return connected;
    callbackify(() => connected)(callback);
  }

  /**
   * Sends a statement. Behind a pooler, the start of a transaction includes the settings, and nothing is prepared,
   * because another connection may run the next statement.
   */
  protected send([statement, ...values]: StatementParameters): unknown {
    const text: unknown = statement === TRANSACTION_START ? this.transactionStart : statement;
    const name = this.isPooled || typeof text !== 'string' ? undefined : nameOfPrepared(text);
    const query = name === undefined ? text : { name, text };
    return super.query(...([query, ...values] as unknown as Parameters<Client['query']>));
  }

  private async setUp(): Promise<this> {
    try {
      const { rows } = await super.query<SetUpRow>(SET_UP, [JSON.stringify(this.session)]);
      const [first] = rows;
      if (first?.readOnly === 'on') throw readOnly();
      const { processID } = this as unknown as { processID: number };
      this.isPooled = first !== undefined && first.pid !== processID;
      if (this.isPooled) this.transactionStart = this.startWithSettings(rows.map(({ name }) => name));
      return this;
    } catch (error) {
      // The caller never receives this client, so nothing else would close it.
      void this.end().catch(() => undefined);
      throw error;
    }
  }

  private startWithSettings(names: readonly string[]): string {
    const settings = names.map((name) => `SET LOCAL ${name} = ${this.escapeLiteral(this.session[name]!)}`);
    return [`${TRANSACTION_START} ISOLATION LEVEL READ COMMITTED`, ...settings].join('; ');
  }
}

function readOnly(): Error {
  return Object.assign(new Error('the server takes no writes'), { code: READ_ONLY });
}
