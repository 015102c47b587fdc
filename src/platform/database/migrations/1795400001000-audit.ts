import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The trail: two tables of entries and one of seals, all partitioned by month from the first day, because purging with
 * DELETE does not scale to large audit tables.
 *
 * - `position` orders entries by transaction, so that everything below the oldest open transaction is final: the sealer
 *   and the feed read up to there and can never skip a row that commits late. It is the transaction's id (xid8) plus a
 *   base. The base moves when rows are restored into another cluster, where ids start again from the beginning.
 *   Positions are limited to integers that a JavaScript number represents exactly.
 * - `time` is the timestamp inside the entry's UUIDv7, so that an id alone identifies its partition.
 * - `digest` is the hash of the entry that goes into a seal, stored so that the sealer need not recompute it.
 * - An index by value ends with the time: few entries with the same value share a millisecond, and sorting those at
 *   read time saves a third of the writes and the storage. The index by request is a B-tree, which is cheaper to insert
 *   into than a hash index.
 * - The members of a seal are digests, which cannot be compressed: EXTERNAL saves PostgreSQL the attempt.
 * - No BRIN: each reader needs an order (time, or position) that a B-tree provides and a block range does not.
 * - Months are attached and never created in place: ATTACH PARTITION does not block writers, PARTITION OF does.
 * - The functions run as the owner, because the service's role can only insert and select. Each refuses operations that
 *   the service never needs, such as dropping a month that is younger than the shortest retention.
 */
export class Audit1795400001000 implements MigrationInterface {
  readonly name = 'Audit1795400001000';

  async up(runner: QueryRunner): Promise<void> {
    const [{ schema }] = (await runner.query('SELECT quote_ident(current_schema()) AS schema')) as [
      { schema: string },
    ];
    // pg_temp is last: otherwise it is searched first, and a caller's table could shadow ours (CVE-2018-1058).
    const asOwner = `SECURITY DEFINER SET search_path = ${schema}, pg_temp`;

    await runner.query(`
      CREATE TABLE audit_position_base (
        singleton boolean CONSTRAINT audit_position_base_pkey PRIMARY KEY DEFAULT true CHECK (singleton),
        base bigint NOT NULL
      )`);
    await runner.query('INSERT INTO audit_position_base (base) VALUES (0)');
    await runner.query(`
      CREATE FUNCTION audit_position() RETURNS bigint LANGUAGE sql STABLE
      RETURN pg_current_xact_id()::text::bigint + (SELECT base FROM audit_position_base)`);
    // Transaction ids belong to the cluster. A transaction that is known to run in another database cannot write here
    // and must not hold the trail back. It is known if its lock on its own id is visible; in doubt it counts as one of
    // this database.
    await runner.query(`
      CREATE FUNCTION audit_horizon() RETURNS bigint LANGUAGE sql STABLE
      RETURN (
        SELECT least(pg_snapshot_xmax(snapshot)::text::bigint, (
                 SELECT min(xid::text::bigint) FROM pg_snapshot_xip(snapshot) AS xid
                 WHERE NOT EXISTS (
                   SELECT FROM pg_locks JOIN pg_stat_activity AS holder USING (pid)
                   WHERE locktype = 'transactionid' AND mode = 'ExclusiveLock' AND granted AND transactionid = xid::xid
                     AND holder.datid <> (SELECT oid FROM pg_database WHERE datname = current_database()))
               )) + base
        FROM pg_current_snapshot() AS snapshot, audit_position_base)`);

    await runner.query(`
      CREATE TABLE audit_events (
        time timestamptz(3) NOT NULL,
        id uuid NOT NULL,
        position bigint NOT NULL DEFAULT audit_position(),
        type text NOT NULL,
        outcome text NOT NULL,
        reason text,
        user_id uuid,
        session_id uuid,
        address text,
        user_agent text,
        request_id text,
        details jsonb NOT NULL,
        digest bytea NOT NULL,
        mac bytea NOT NULL,
        CONSTRAINT audit_events_pkey PRIMARY KEY (time, id),
        CONSTRAINT audit_events_position_range CHECK (position >= 0 AND position < 9007199254740992)
      ) PARTITION BY RANGE (time)`);
    await runner.query('CREATE INDEX audit_events_position ON audit_events (position)');
    await runner.query(
      'CREATE INDEX audit_events_user ON audit_events (user_id, time) WHERE user_id IS NOT NULL',
    );
    await runner.query('CREATE INDEX audit_events_address ON audit_events (address, time)');
    await runner.query('CREATE INDEX audit_events_type ON audit_events (type, time)');
    await runner.query(
      `CREATE INDEX audit_events_failure ON audit_events (time, id) WHERE outcome = 'failure'`,
    );
    await runner.query('CREATE INDEX audit_events_request ON audit_events (request_id)');

    await runner.query(`
      CREATE TABLE audit_calls (
        time timestamptz(3) NOT NULL,
        id uuid NOT NULL,
        position bigint NOT NULL DEFAULT audit_position(),
        outcome text NOT NULL,
        reason text,
        user_id uuid,
        session_id uuid,
        address text,
        user_agent text,
        request_id text,
        method text NOT NULL,
        route text,
        status smallint NOT NULL,
        duration_ms double precision NOT NULL,
        digest bytea NOT NULL,
        mac bytea NOT NULL,
        CONSTRAINT audit_calls_pkey PRIMARY KEY (time, id),
        CONSTRAINT audit_calls_position_range CHECK (position >= 0 AND position < 9007199254740992)
      ) PARTITION BY RANGE (time)`);
    await runner.query('CREATE INDEX audit_calls_position ON audit_calls (position)');
    await runner.query(
      'CREATE INDEX audit_calls_user ON audit_calls (user_id, time) WHERE user_id IS NOT NULL',
    );
    await runner.query('CREATE INDEX audit_calls_address ON audit_calls (address, time)');
    await runner.query('CREATE INDEX audit_calls_request ON audit_calls (request_id)');
    await runner.query(
      `CREATE INDEX audit_calls_failure ON audit_calls (time, id) WHERE outcome = 'failure'`,
    );

    await runner.query(`
      CREATE TABLE audit_seals (
        time timestamptz(3) NOT NULL,
        number bigint NOT NULL,
        from_position bigint NOT NULL,
        to_position bigint NOT NULL,
        events integer NOT NULL,
        calls integer NOT NULL,
        members bytea NOT NULL,
        retired jsonb NOT NULL,
        previous bytea NOT NULL,
        hash bytea NOT NULL,
        signature bytea NOT NULL,
        mac bytea NOT NULL,
        CONSTRAINT audit_seals_pkey PRIMARY KEY (number, time)
      ) PARTITION BY RANGE (time)`);
    await runner.query('ALTER TABLE audit_seals ALTER members SET STORAGE EXTERNAL');
    await runner.query('CREATE INDEX audit_seals_time ON audit_seals (time)');
    await runner.query(`CREATE INDEX audit_seals_retired ON audit_seals (number) WHERE retired <> '[]'`);

    await runner.query(`
      CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'the audit trail can only be added to' USING ERRCODE = 'insufficient_privilege';
      END $$`);
    for (const table of TABLES) await runner.query(appendOnly(table));

    await runner.query(`
      CREATE FUNCTION audit_make_month(month date) RETURNS void LANGUAGE plpgsql ${asOwner} AS $$
      DECLARE
        first timestamp := date_trunc('month', month::timestamp);
        parent text;
        child text;
      BEGIN
        IF first NOT BETWEEN now() - interval '101 years' AND now() + interval '101 years' THEN
          RAISE EXCEPTION 'no audit month is made for %', month USING ERRCODE = 'invalid_parameter_value';
        END IF;
        PERFORM pg_advisory_xact_lock(hashtext('portcullis audit_make_month'));
        FOREACH parent IN ARRAY ARRAY['audit_events', 'audit_calls', 'audit_seals'] LOOP
          child := parent || to_char(first, '_YYYY_MM');
          CONTINUE WHEN to_regclass(quote_ident(child)) IS NOT NULL;
          EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE)', child, parent);
          EXECUTE format('${appendOnly('%1$I')}', child);
          EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, child,
            first AT TIME ZONE 'UTC', (first + interval '1 month') AT TIME ZONE 'UTC');
        END LOOP;
      END $$`);
    // DROP waits for readers and blocks writers meanwhile. It is better to drop the month another day than to block
    // logins.
    await runner.query(`
      CREATE FUNCTION audit_drop_month(parent text, month date) RETURNS void
      LANGUAGE plpgsql ${asOwner} SET lock_timeout = '200ms' AS $$
      DECLARE
        first timestamp := date_trunc('month', month::timestamp);
      BEGIN
        IF parent NOT IN ('audit_events', 'audit_calls', 'audit_seals') THEN
          RAISE EXCEPTION '% is no audit table', parent USING ERRCODE = 'invalid_parameter_value';
        END IF;
        IF (first + interval '1 month') AT TIME ZONE 'UTC' > now() - interval '31 days' THEN
          RAISE EXCEPTION 'the audit month % is too young to be dropped', month USING ERRCODE = 'insufficient_privilege';
        END IF;
        EXECUTE format('DROP TABLE IF EXISTS %I', parent || to_char(first, '_YYYY_MM'));
      END $$`);
    // Positions in the upper half do not count: no transaction id comes close to them, and a forged row there must not
    // make the service jump to a base that soon leaves no positions.
    await runner.query(`
      CREATE FUNCTION audit_rebase_positions() RETURNS boolean LANGUAGE plpgsql ${asOwner} AS $$
      DECLARE
        top_limit CONSTANT bigint := 4503599627370496;
        top bigint;
        moved boolean;
      BEGIN
        LOCK TABLE audit_position_base IN EXCLUSIVE MODE;
        SELECT greatest((SELECT max(position) + 1 FROM audit_events WHERE position < top_limit),
                        (SELECT max(position) + 1 FROM audit_calls WHERE position < top_limit),
                        (SELECT to_position FROM audit_seals ORDER BY number DESC LIMIT 1), 0) INTO top;
        IF top > top_limit THEN
          RAISE EXCEPTION 'no transaction reached the position % that the last audit seal states', top
            USING ERRCODE = 'data_corrupted';
        END IF;
        UPDATE audit_position_base SET base = top - pg_snapshot_xmin(pg_current_snapshot())::text::bigint
          WHERE top > base + pg_snapshot_xmax(pg_current_snapshot())::text::bigint;
        GET DIAGNOSTICS moved = ROW_COUNT;
        RETURN moved;
      END $$`);
    await runner.query(
      `SELECT audit_make_month((now() + make_interval(months => ahead))::date) FROM generate_series(-1, 2) AS ahead`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of [...TABLES, 'audit_position_base']) await runner.query(`DROP TABLE ${table} CASCADE`);
    for (const name of FUNCTIONS) await runner.query(`DROP FUNCTION IF EXISTS ${name}`);
  }
}

const TABLES = ['audit_events', 'audit_calls', 'audit_seals'];
const FUNCTIONS = [
  'audit_position()',
  'audit_horizon()',
  'audit_refuse_change()',
  'audit_make_month(date)',
  'audit_drop_month(text, date)',
  'audit_rebase_positions()',
];

/** Statement triggers fire only for the table that the statement names, so every partition needs its own trigger. */
const appendOnly = (table: string) =>
  `CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ${table} EXECUTE FUNCTION audit_refuse_change()`;
