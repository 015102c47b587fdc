import { progress } from './progress.mjs';
import { query } from './laboratory.mjs';

const BATCH = 1_000_000;

/** Returns a UUIDv7 for a time, so that an entry's id matches its time as in the trail. */
const UUID_OF = (time) => `(lpad(to_hex((extract(epoch FROM ${time}) * 1000)::bigint), 12, '0') || '7' ||
  substr(md5(random()::text), 1, 3) || '8' || substr(md5(random()::text), 1, 15))::uuid`;

/** Times spread over the last 28 days, as for a service in steady use. */
const WITHIN_A_MONTH = `date_trunc('milliseconds', now() - random() * interval '28 days')`;

/**
 * Fills the database of a service that has started with the given number of users, a session each, and entries of the
 * trail. The rows serve only as existing data: they have no codes and precede the first seal, so they prove nothing. `url`
 * is that of the superuser.
 */
export async function seed(url, { users, calls, events }) {
  progress(`seed: ${users} users, each with a session`);
  await query(
    url,
    `CREATE UNLOGGED TABLE seed_people AS SELECT n, gen_random_uuid() AS id FROM generate_series(0, ${users - 1}) AS n`,
    'ALTER TABLE seed_people ADD PRIMARY KEY (n)',
    `INSERT INTO users (id, email, roles, email_verified, password_hash, created_at, updated_at)
     SELECT id, format('seed-%s@example.com', n), '{user}', false,
            (SELECT password_hash FROM users LIMIT 1), now(), now() FROM seed_people`,
    `INSERT INTO sessions (id, user_id, generation, created_at, rotated_at, idle_expires_at, expires_at, device_id, client)
     SELECT gen_random_uuid(), id, 0, now(), now(), now() + interval '7 days', now() + interval '30 days',
            gen_random_uuid(), (SELECT client FROM sessions LIMIT 1) FROM seed_people`,
  );
  const rebuild = await dropIndexes(url, ['audit_calls', 'audit_events']);
  await inBatches('API calls', calls, (from, to) =>
    query(
      url,
      `INSERT INTO audit_calls (time, id, position, outcome, user_id, address, user_agent, request_id, method, route,
                                status, duration_ms, digest, mac)
       SELECT time, ${UUID_OF('time')}, 0, CASE WHEN entry.n % 20 = 0 THEN 'failure' ELSE 'success' END, id,
              format('203.0.%s.%s', entry.n % 250, entry.n / 250 % 250), 'seed', md5(entry.n::text), 'GET',
              '/users/me', CASE WHEN entry.n % 20 = 0 THEN 401 ELSE 200 END, 1.5, '\\x00', '\\x00'
       FROM (SELECT n, ${WITHIN_A_MONTH} AS time FROM generate_series(${from}::bigint, ${to}) AS n) AS entry
       JOIN seed_people ON seed_people.n = entry.n % ${users}`,
    ),
  );
  await inBatches('events', events, (from, to) =>
    query(
      url,
      `INSERT INTO audit_events (time, id, position, type, outcome, user_id, address, user_agent, request_id, details, digest, mac)
       SELECT time, ${UUID_OF('time')}, 0, CASE WHEN entry.n % 5 = 0 THEN 'authn_login_fail' ELSE 'authn_login_success' END,
              CASE WHEN entry.n % 5 = 0 THEN 'failure' ELSE 'success' END, id,
              format('203.0.%s.%s', entry.n % 250, entry.n / 250 % 250), 'seed', md5(entry.n::text), '{}', '\\x00', '\\x00'
       FROM (SELECT n, ${WITHIN_A_MONTH} AS time FROM generate_series(${from}::bigint, ${to}) AS n) AS entry
       JOIN seed_people ON seed_people.n = entry.n % ${users}`,
    ),
  );
  progress('seed: indexes and statistics');
  await query(url, `SET maintenance_work_mem = '1GB'`, ...rebuild);
  await query(url, 'VACUUM ANALYZE');
}

/** Drops the indexes, which take minutes instead of hours if built at the end. Returns the statements that build them. */
async function dropIndexes(url, tables) {
  const { rows } = await query(
    url,
    `SELECT class.relname AS name, pg_get_indexdef(indexrelid) AS definition, pg_get_constraintdef(con.oid) AS key,
            indrelid::regclass::text AS table
     FROM pg_index JOIN pg_class AS class ON class.oid = indexrelid
     LEFT JOIN pg_constraint AS con ON con.conindid = indexrelid AND con.contype = 'p'
     WHERE indrelid::regclass::text IN (${tables.map((table) => `'${table}'`).join(', ')})`,
  );
  const drops = rows.map(({ name, key, table }) =>
    key ? `ALTER TABLE ${table} DROP CONSTRAINT ${name}` : `DROP INDEX ${name}`,
  );
  await query(url, ...drops);
  return rows.map(({ name, definition, key, table }) =>
    key ? `ALTER TABLE ${table} ADD CONSTRAINT ${name} ${key}` : definition.replace(' ON ONLY ', ' ON '),
  );
}

async function inBatches(what, count, insert) {
  for (let from = 1; from <= count; from += BATCH) {
    await insert(from, Math.min(count, from + BATCH - 1));
    progress(`seed: ${Math.min(count, from + BATCH - 1)} of ${count} ${what}`);
  }
}
