import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { KeySchedule } from '../../src/machines/keys/key-schedule.js';
import { AlertRetention } from '../../src/monitoring/alert-retention.js';
import { SystemClock } from '../../src/platform/clock/clock.js';
import { CaughtMailbox } from '../../src/platform/mail/caught-mailbox.js';
import { MailBounds } from '../../src/platform/mail/mail-bounds.js';
import { OutboxRetention } from '../../src/platform/outbox/outbox-retention.js';
import { SecretsPurge } from '../../src/platform/secrets/secrets-purge.js';
import { LoginFailuresPurge } from '../../src/rate-limit/guessing/login-failures-purge.js';
import { RevocationRetention } from '../../src/sessions/revocation-list/revocation-retention.js';
import { SessionPurge } from '../../src/sessions/session-purge.js';
import { logIn, register } from '../support/app/accounts.js';
import { createKey } from '../support/app/api-keys.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { startApp, type TestApp } from '../support/app/test-app.js';

const TEN_YEARS_MS = 3650 * 86_400_000;

/** The clocks of an instance and of PostgreSQL, each of which can be ahead. */
class TwoClocks extends SystemClock {
  readonly aheadOf = { instance: 0, PostgreSQL: 0 };

  override nowMs(): number {
    return super.nowMs() + this.aheadOf.instance;
  }

  override aheadMs(): number {
    return this.aheadOf.PostgreSQL;
  }
}

describe('Data that is not old', () => {
  const clock = new TwoClocks();
  let app: TestApp;

  const catchMail = () =>
    app.app.get(CaughtMailbox, { strict: false }).add({
      id: randomUUID(),
      to: 'ada@example.com',
      kind: 'verification',
      subject: '',
      text: '',
      html: '',
      link: null,
      code: null,
    });

  beforeAll(async () => {
    app = await startApp({ clock });
    const tokens = await logIn(app, await register(app));
    await createKey(app, tokens);
    await app.call({ method: 'POST', url: '/auth/logout', token: tokens.accessToken });
    await catchMail();
    await asSuperuser(
      app.database,
      `WITH message AS (
         INSERT INTO outbox_messages (id, channel, subject, priority, state, attempts, next_attempt_at, created_at)
         VALUES (gen_random_uuid(), 'mail', 'one', 2, 'delivered', 1, now(), now())),
       failure AS (
         INSERT INTO login_failures (account_digest, device_id, failures, updated_at) VALUES ('one', '', 1, now())),
       bound AS (
         INSERT INTO mail_bounds (mailbox, kind, sent_at, last_sent_at) VALUES ('\\x01', 'one', ARRAY[now()], now())),
       slot AS (
         INSERT INTO monitoring_detection_slot (slot, position, attempts, failures) VALUES (now(), '1', 1, 1))
       INSERT INTO monitoring_alert (id, rule, severity, subject, state, count, first_seen_at, last_seen_at, evidence)
       VALUES (gen_random_uuid(), 'brute_force', 'warning', 'one', 'resolved', 1, now(), now(), '{}')`,
    );
  });
  afterEach(() => {
    Object.assign(clock.aheadOf, { instance: 0, PostgreSQL: 0 });
  });
  afterAll(() => app.close());

  const countOf = async (table: string) => {
    const [row] = await asSuperuser<{ count: number }>(
      app.database,
      `SELECT count(*)::int AS count FROM ${table}`,
    );
    return row!.count;
  };

  const find = <T>(type: new (...of: never[]) => T) => app.app.get<T>(type, { strict: false });
  /** What deletes the old rows of each table. */
  const DELETIONS: Readonly<Record<string, () => Promise<unknown>>> = {
    sessions: () => find(SessionPurge).purge(),
    revocations: () => find(RevocationRetention).enforce(),
    single_use_secrets: () => find(SecretsPurge).purge(),
    api_keys: () => find(KeySchedule).run(),
    login_failures: () => find(LoginFailuresPurge).purge(),
    outbox_messages: () => find(OutboxRetention).enforce(),
    mail_bounds: () => find(MailBounds).purge(),
    caught_mails: catchMail,
    monitoring_alert: () => find(AlertRetention).enforce(),
    monitoring_detection_slot: () => find(AlertRetention).enforce(),
  };
  const CASES = Object.keys(DELETIONS).flatMap((table) =>
    (['instance', 'PostgreSQL'] as const).map((wrong) => ({ table, wrong })),
  );

  it.each(CASES)('stays in $table if the clock of $wrong alone is ahead', async ({ table, wrong }) => {
    const before = await countOf(table);
    expect(before).toBeGreaterThan(0);
    clock.aheadOf[wrong] = TEN_YEARS_MS;
    await DELETIONS[table]!();
    expect(await countOf(table)).toBeGreaterThanOrEqual(before);
  });
});
