import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

/** Every way to ask somebody else than the injected clock for the time. */
const READS_TIME =
  /Date\.now\(|new Date\(\)|performance\.now\(|hrtime|\bnow\(\)|clock_timestamp\(|statement_timestamp\(|transaction_timestamp\(|timeofday\(|CURRENT_(TIME|DATE|TIMESTAMP)|LOCALTIME|'TIME'/;

/** Comments, and the injected clock's own methods. */
const IGNORED = /^\s*(\*|\/\*\*|\/\/).*$|\b(clock|real|browser|this)\.now\(\)|\bnow\(\): Date/gm;

/** Files that do, and why none of them decides by it when something is due, over or allowed. */
const REASONS: Readonly<Record<string, string>> = {
  'src/platform/clock/clock.ts': 'the machine’s clock itself',
  'src/platform/clock/feed-poll.ts': 'bounds how far this process is behind PostgreSQL',
  'src/platform/clock/freshness.ts': 'bounds how far this process is behind PostgreSQL or Redis',
  'src/platform/database/database-time.ts': 'adds what the injected clock is ahead',
  'src/rate-limit/windows/redis-scripts.ts': 'adds what the injected clock is ahead',
  'src/rate-limit/windows/redis-windows.ts': 'estimates Redis’ clock, to give up on late commands',
  'src/rate-limit/windows/leased-windows.ts':
    'bounds how long this process spends permits that Redis has counted',
  'src/rate-limit/windows/redis-clock.ts': 'estimates Redis’ clock, to give up on late commands',
  'src/platform/redis/redis-heartbeat.ts': 'tests whether the command is allowed',
  'src/platform/redis/redis-connection.ts': 'measures a round trip',
  'src/platform/redis/redis-notices.ts': 'measures how long ago a connection was checked',
  'src/platform/database/advisory-lock.ts': 'bounds a wait of this process',
  'src/platform/database/until-available.ts': 'bounds a wait of this process',
  'src/platform/embedded-postgres/server-keeper.ts': 'bounds a wait of this process',
  'src/platform/embedded-postgres/postmaster.ts': 'bounds a wait of this process',
  'src/rate-limit/look-up-queue.ts': 'bounds a wait of this process',
  'src/platform/health/readiness.ts': 'bounds how often a probe asks',
  'src/platform/health/data-folder-probe.ts': 'bounds how often a probe asks',
  'src/platform/leader/leadership.ts': 'bounds how long a transaction is open',
  'src/platform/mail/caught-mailbox.ts': 'bounds how long a request waits',
  'src/platform/http/request-context.ts': 'measures a request',
  'src/audit/call-recorder.ts': 'measures a request',
  'src/platform/logging/request-log.ts': 'measures a request',
  'src/platform/logging/logging.module.ts': 'the log is read beside those of other programs',
  'src/auth/credentials/passwords/hash-queue.ts': 'measures the processor',
  'src/auth/credentials/passwords/password-hasher.ts': 'measures the processor',
  'src/audit/refusals/refusal-groups.ts':
    'bounds how much of one caller is written in a minute of this process',
  'src/sessions/devices/known-device.entity.ts':
    'declares the default for instances of the previous version; this version sets the time itself',
  'src/machines/keys/api-key-cache.ts': 'bounds how long this process remembers a row',
  'src/sessions/state/recent-revocations.ts': 'bounds how far this process is behind PostgreSQL',
  'src/sessions/revocation-list/revocation-watch.ts': 'measures a query, and keeps the pace of reads',
  'src/main.ts': 'tells two signals from one',
};

/** The calls of `databaseTime`, which name the reading. */
const DATABASE_TIME = /databaseTime\([\w.]+, '(now|clock_timestamp)\(\)'\)/g;

const offenders = globSync('src/**/*.ts', {
  exclude: ['src/**/*.spec.ts', 'src/platform/database/migrations/**', 'src/cli/**', 'src/ephemeral/**'],
})
  .filter((name) =>
    READS_TIME.test(readFileSync(name, 'utf8').replace(IGNORED, '').replace(DATABASE_TIME, '')),
  )
  .toSorted();

describe('Time', () => {
  it('is asked of the injected clock wherever something is decided by it', () => {
    expect(offenders).toEqual(Object.keys(REASONS).toSorted());
  });
});
