/** Names and values of settings of a PostgreSQL session. */
export type SessionSettings = Readonly<Record<string, string>>;

/**
 * All settings that change the meaning of the service's statements or the format of values. A database, a role or a
 * server may have other defaults (`ALTER DATABASE ... SET`), and none of them must change what the service does.
 * `row_security` is off, so that a policy that hides rows causes an error instead of a shorter result.
 */
export const STATEMENT_MEANING: SessionSettings = {
  default_transaction_isolation: 'read committed',
  default_transaction_deferrable: 'off',
  row_security: 'off',
  TimeZone: 'UTC',
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  bytea_output: 'hex',
  standard_conforming_strings: 'on',
  extra_float_digits: '1',
  array_nulls: 'on',
  transform_null_equals: 'off',
  quote_all_identifiers: 'off',
  xmlbinary: 'base64',
  synchronous_commit: 'on',
};

/** Overrides the server's default timeouts with none; the timeouts that a role needs are set on top. */
export const NO_TIMEOUTS: SessionSettings = {
  statement_timeout: '0',
  lock_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  idle_session_timeout: '0',
  transaction_timeout: '0',
};

/**
 * Defaults that the server needs behind a pooler that shares connections between clients, because a statement outside a
 * transaction may run on a connection that was never set up. Each pattern is matched against `pg_settings.reset_val`.
 */
export const POOLED_DEFAULTS: Readonly<Record<string, RegExp>> = {
  default_transaction_isolation: /^read committed$/,
  default_transaction_read_only: /^off$/,
  DateStyle: /^ISO/,
  IntervalStyle: /^postgres$/,
  bytea_output: /^hex$/,
  standard_conforming_strings: /^on$/,
  extra_float_digits: /^[1-3]$/,
  array_nulls: /^on$/,
  transform_null_equals: /^off$/,
  synchronous_commit: /^(?!off$)/,
};
