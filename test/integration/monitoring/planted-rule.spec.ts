import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BlockAddressChannel } from '../../../src/monitoring/responses/block-address.channel.js';
import { OwnerEmailChannel } from '../../../src/monitoring/delivery/owner-email.channel.js';
import { OwnerMailBound } from '../../../src/monitoring/delivery/owner-mail-bound.js';
import type { AlertChange } from '../../../src/monitoring/alerts/alert-change.js';
import { ofUser, type Rule } from '../../../src/monitoring/rules/rule.js';
import { rulesOf } from '../../../src/monitoring/rules/rules.js';
import { Environment } from '../../../src/platform/config/environment.js';
import { MailTemplates } from '../../../src/platform/mail/mail-templates.js';
import type { Mail, Mailer } from '../../../src/platform/mail/mailer.js';
import { OutboxMessage } from '../../../src/platform/outbox/outbox-message.entity.js';
import { OutboxRepository } from '../../../src/platform/outbox/outbox.repository.js';
import type { UsersService } from '../../../src/users/users.service.js';
import { findingsOf } from '../../support/attacks/findings-of.js';
import { spread } from '../../support/attacks/scenario.js';
import { ManualClock } from '../../support/time/manual-clock.js';
import { type Alerting, alertingDataSource, startAlerting } from '../../support/monitoring/alerting.js';
import { documentedRow } from '../../support/monitoring/rule-documentation.js';
import { type FreshDatabase, freshDatabase } from '../../support/postgres/fresh-database.js';

/** A rule that the service does not have, with custom evidence: one account, many programs. */
const manyPrograms = (): Rule => ({
  name: 'many_programs',
  severity: 'warning',
  quietSeconds: 60,
  events: ['authn_login_success'],
  responses: ['block_address'],
  toOwner: {
    en: { subject: 'Many programs in your account', sentence: 'Many programs signed in to your account.' },
    de: { subject: 'Viele Programme in Ihrem Konto', sentence: 'Viele Programme haben sich angemeldet.' },
  },
  documentation: { trueWhen: 'logins by 3 programs in 1 min', why: 'people have one or two' },
  limit: { count: 3, seconds: 60 },
  observe(occurrence) {
    const login = ofUser(occurrence);
    return login && { ...login, value: occurrence.entry.userAgent };
  },
  holds: ({ values }, { count }) => new Set(values).size >= count,
  summary: ({ values }, { seconds }) => `${new Set(values).size} programs signed in within ${seconds} s.`,
  evidence: ({ values }) => ({ programs: [...new Set(values)] }),
});

const logins = (programs: number) =>
  spread(5, 25, (i) => ({
    kind: 'login' as const,
    account: 'owner',
    address: '192.0.2.1',
    password: 'right' as const,
    device: 'known' as const,
    userAgent: `program ${i % programs}`,
  }));

describe('A rule declared in one file', () => {
  const environment = Object.assign(new Environment(), { RESPOND_BLOCK_ADDRESS: ['many_programs'] });
  const rules = rulesOf(environment, null, [manyPrograms]);
  let database: FreshDatabase;
  let alerting: Alerting;
  let owner: OwnerEmailChannel;
  const mails: Mail[] = [];

  beforeAll(async () => {
    database = await freshDatabase();
    const dataSource = await alertingDataSource(database).initialize();
    const clock = new ManualClock();
    const mailer = {
      configured: true,
      send: async (mail: Mail) => void mails.push(mail),
    } as unknown as Mailer;
    const users = {
      findById: async () => ({ email: 'ada@example.com', locale: 'en' }),
    } as unknown as UsersService;
    const messages = new OutboxRepository(dataSource.getRepository(OutboxMessage), clock);
    const templates = new MailTemplates(new Environment());
    owner = new OwnerEmailChannel(
      mailer,
      templates,
      users,
      new OwnerMailBound(new Environment(), messages, clock),
      rules,
    );
    alerting = await startAlerting(database, [owner], clock, dataSource);
  });
  afterAll(async () => {
    await alerting.stop();
    await database.drop();
  });

  it('is detected with its own evidence, and is not true of less', () => {
    expect(findingsOf(rules, logins(2))).toEqual([]);
    expect(findingsOf(rules, logins(3))).toMatchObject([
      {
        count: 3,
        evidence: {
          summary: '3 programs signed in within 60 s.',
          programs: ['program 0', 'program 1', 'program 2'],
        },
      },
    ]);
  });

  it('raises an alert, and notifies the owner with its own text', async () => {
    await alerting.raise(...findingsOf(rules, logins(3)));
    while (await alerting.worker(owner).drain());
    expect(await alerting.rows()).toMatchObject([{ rule: 'many_programs', severity: 'warning' }]);
    expect(mails).toMatchObject([{ to: 'ada@example.com', subject: 'Many programs in your account' }]);
    expect(mails[0]!.text).toContain('Many programs signed in to your account.');
  });

  it('allows the responses that it declares, and no others', () => {
    const [finding] = findingsOf(rules, logins(3));
    const channel = new BlockAddressChannel(environment, ...([] as unknown as [never, never, never, never]));
    const change = { alert: { rule: 'many_programs' }, transition: 'opened', finding } as AlertChange;
    expect(channel.wants(change)).toBe(true);
    const unwise = Object.assign(new Environment(), { RESPOND_END_SESSIONS: ['many_programs'] });
    expect(() => rulesOf(unwise, null, [manyPrograms])).toThrow('RESPOND_END_SESSIONS must be');
  });

  it('is documented by its declaration', () => {
    expect(documentedRow(rules[0]!)).toEqual([
      '`many_programs`',
      'logins by 3 programs in 1 min',
      'warning',
      'people have one or two',
    ]);
  });
});
