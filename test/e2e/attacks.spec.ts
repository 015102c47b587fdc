import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AuditService } from '../../src/audit/audit.service.js';
import { startApp, type TestApp } from '../support/app/test-app.js';
import { ATTACKS } from '../support/attacks/attacks.js';
import { ORDINARY_TEN_MINUTES } from '../support/attacks/ordinary-traffic.js';
import { KIT_VARIABLES, Stage } from '../support/attacks/over-http.js';
import type { Scenario } from '../support/attacks/scenario.js';
import { type FreshDatabase, freshDatabase } from '../support/postgres/fresh-database.js';
import { eventually } from '../support/time/eventually.js';
import { startReceiver, type WebhookReceiver } from '../support/servers/webhook-receiver.js';

/** The maximum delay from the event that triggers a rule to the webhook. */
const PROMISED_MS = 10_000;

interface Played {
  readonly scenario: Scenario;
  readonly rules: readonly string[];
  /** The time from the last act to the last expected alert. */
  readonly tookMs: number;
}

/** Waits until the trail is written, detection has reached its end, and all deliveries are finished. */
async function allJudgedAndDelivered({ app, database }: TestApp): Promise<void> {
  const client = new Client(database.url);
  await client.connect();
  await eventually(
    async () => {
      const { rows } = await client.query(
        `SELECT (SELECT entry_id FROM monitoring_detection)
                  IS NOT DISTINCT FROM (SELECT id FROM audit_events ORDER BY position DESC, id DESC LIMIT 1) AS judged,
                NOT EXISTS (SELECT FROM outbox_messages WHERE state = 'pending') AS delivered`,
      );
      expect(rows).toEqual([{ judged: true, delivered: true }]);
      expect(app.get(AuditService, { strict: false }).spoolBytes).toBe(0);
    },
    { timeoutMs: 20_000, intervalMs: 100 },
  );
  await client.end();
}

const percent = (part: number, whole: number) => `${whole === 0 ? 100 : Math.round((100 * part) / whole)} %`;

/** The table in docs/security.md. */
function table(played: readonly Played[]): string {
  const count = (pick: (one: Played) => readonly string[]) =>
    played.reduce((sum, one) => sum + pick(one).length, 0);
  const right = count(({ rules, scenario }) => rules.filter((rule) => scenario.expects.includes(rule)));
  const rows = played.map(
    ({ scenario, rules, tookMs }) =>
      `| ${scenario.name} | ${scenario.expects.join(', ') || 'nothing'} | ${rules.join(', ') || 'nothing'} | ${(tookMs / 1000).toFixed(1)} s |`,
  );
  return [
    '',
    '| scenario | to be raised | raised | after |',
    '|---|---|---|---|',
    ...rows,
    `Precision ${percent(
      right,
      count(({ rules }) => rules),
    )}, recall ${percent(
      right,
      count(({ scenario }) => scenario.expects),
    )}.`,
    '',
  ].join('\n');
}

describe('The attack kit, over HTTP, to a webhook', () => {
  const played: Played[] = [];
  let receiver: WebhookReceiver;

  beforeAll(async () => {
    receiver = await startReceiver();
  });
  afterAll(async () => {
    await receiver.stop();
    process.stdout.write(table(played));
  });

  const heard = () => [...new Set(receiver.received.map(({ body }) => String(body['rule'])))].sort();

  /** Replays a scenario against its own service, and waits until no further alerts can follow. */
  async function play(scenario: Scenario, database: FreshDatabase): Promise<Played> {
    receiver.received.length = 0;
    const variables = { ...KIT_VARIABLES, ...scenario.variables, ALERT_WEBHOOK_URL: receiver.url };
    const app = await startApp({ database, variables });
    const stage = new Stage(app, 'kit');
    await stage.prepare(scenario.acts);
    await stage.perform(scenario.acts);
    const endedMs = Date.now();
    // Refusals beyond twenty are recorded together, shortly afterwards.
    const missing = () => scenario.expects.filter((rule) => !heard().includes(rule));
    const allHeard = async () => {
      if (missing().length > 0) throw new Error(`Not raised yet: ${missing().join(', ')}`);
    };
    await eventually(allHeard, { timeoutMs: PROMISED_MS, intervalMs: 50 }).catch(() => undefined);
    await allJudgedAndDelivered(app);
    await app.close();
    const rules = heard();
    const tookMs = Math.max(0, ...receiver.received.map(({ atMs }) => atMs - endedMs));
    return { scenario, rules, tookMs };
  }

  it.each([...ATTACKS, ORDINARY_TEN_MINUTES])(
    '$name',
    async (scenario) => {
      const database = await freshDatabase();
      const result = await play(scenario, database);
      await database.drop();
      played.push(result);
      expect(result.rules).toEqual([...scenario.expects].sort());
      expect(result.tookMs).toBeLessThan(PROMISED_MS);
    },
    240_000,
  );
});
