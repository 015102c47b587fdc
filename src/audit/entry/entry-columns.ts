/** The time of a row as RFC 3339 in UTC, as shown in entries. */
const TIME = `to_char(time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS time`;

const SHARED = `outcome, reason, user_id AS "userId", session_id AS "sessionId", address, user_agent AS "userAgent",
  request_id AS "requestId"`;

/** The columns that make an entry from a row of `audit_events`, in the order of {@link CALL_COLUMNS}. */
export const EVENT_COLUMNS = `id, ${TIME}, type, 'event' AS kind, ${SHARED},
  NULL::text AS method, NULL::text AS route, NULL::smallint AS status, NULL::double precision AS "durationMs", details`;

/** The columns that make an entry from a row of `audit_calls`. */
export const CALL_COLUMNS = `id, ${TIME}, 'api_call' AS type, 'call' AS kind, ${SHARED},
  method, route, status, duration_ms AS "durationMs", details`;

const ORIGIN_PROOF = `encode(origin_salt, 'hex') AS "originSalt", encode(origin_commitment, 'hex') AS "originCommitment"`;

/** The columns that make the proof of an entry from a row of `audit_events`, in the order of {@link CALL_PROOF_COLUMNS}. */
export const EVENT_PROOF_COLUMNS = `${ORIGIN_PROOF}, encode(details_salt, 'hex') AS "detailsSalt",
  encode(details_commitment, 'hex') AS "detailsCommitment"`;

/** The columns that make the proof of an entry from a row of `audit_calls`, whose details are never about a person. */
export const CALL_PROOF_COLUMNS = `${ORIGIN_PROOF}, NULL::text AS "detailsSalt", NULL::text AS "detailsCommitment"`;
