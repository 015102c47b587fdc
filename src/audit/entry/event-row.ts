import type { AuditEntry } from '../audit-entry.js';
import type { EntrySignature } from './signed-json.js';

/** The columns of `audit_events` in the order of {@link eventRow}, with their types. */
const COLUMNS = [
  ['time', 'timestamptz'],
  ['id', 'uuid'],
  ['type', 'text'],
  ['outcome', 'text'],
  ['reason', 'text'],
  ['user_id', 'uuid'],
  ['session_id', 'uuid'],
  ['address', 'text'],
  ['user_agent', 'text'],
  ['request_id', 'text'],
  ['details', 'jsonb'],
  ['digest', 'bytea'],
  ['mac', 'bytea'],
  ['origin_salt', 'bytea'],
  ['details_salt', 'bytea'],
] as const;

const INTO = `INSERT INTO audit_events (${COLUMNS.map(([name]) => name).join(', ')}, position)`;

/** Returns the statement that inserts `count` events; its parameters are their columns. The statement returns their ids. */
export function insertEvents(count: number): string {
  const rows = Array.from(
    { length: count },
    (_, row) => `(${parametersFrom(row * COLUMNS.length + 1)}, audit_position())`,
  );
  return `${INTO} VALUES ${rows.join(', ')} RETURNING id`;
}

/**
 * Returns the part of a statement that inserts one event if `source` has a row; it must not have more than one. The parameters
 * from number `first` on are the columns of the event. The statement returns the event's id.
 */
export function insertEventIf(source: string, first: number): string {
  return `${INTO} SELECT ${parametersFrom(first)}, audit_position() FROM ${source} RETURNING id`;
}

/** Returns a signed event as parameters of {@link insertEvents} and {@link insertEventIf}. */
export function eventRow(
  event: AuditEntry,
  { digest, mac, originSalt, detailsSalt }: EntrySignature,
): unknown[] {
  return [
    event.time,
    event.id,
    event.type,
    event.outcome,
    event.reason,
    event.userId,
    event.sessionId,
    event.address,
    event.userAgent,
    event.requestId,
    JSON.stringify(event.details),
    bytes(digest),
    bytes(mac),
    originSalt && bytes(originSalt),
    detailsSalt && bytes(detailsSalt),
  ];
}

function parametersFrom(first: number): string {
  return COLUMNS.map(([, type], index) => `$${first + index}::${type}`).join(', ');
}

/** As PostgreSQL reads bytes in hex. */
function bytes(hex: string): string {
  return String.raw`\x${hex}`;
}
