import { type AddressInfo, createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Environment } from '../../../src/platform/config/environment.js';
import { smtpOptions } from '../../../src/platform/mail/mail-settings.js';
import { type Mail, NoMailer } from '../../../src/platform/mail/mailer.js';
import { SmtpMailer } from '../../../src/platform/mail/smtp-mailer.js';
import { PermanentFailure } from '../../../src/platform/outbox/outbox-channel.js';
import { type MailServer, startMailServer } from '../../support/servers/mail-server.js';

const mail: Mail = {
  id: '019abf6e-3c1a-7d52-9a41-6f0a7e1b2c3d',
  to: 'ada@example.com',
  subject: 'Grüße',
  text: 'Zeile 1\nZeile 2 ✓\n',
  kind: 'alert',
  html: '<p>Zeile 1 &amp; ✓</p>',
  link: null,
  code: null,
};

/** Creates the mailer as the service does, and sends one mail. */
function mailer({ SMTP_URL = '', ...variables }: Partial<Environment>) {
  const environment = Object.assign(new Environment(), { PUBLIC_URL: 'https://id.example.org' }, variables);
  const smtp = new SmtpMailer(SMTP_URL, environment);
  return { send: (one: Mail, signal = new AbortController().signal) => smtp.send(one, signal) };
}

describe('Mailer', () => {
  let server: MailServer;

  beforeAll(async () => {
    server = await startMailServer();
  });
  afterAll(async () => {
    await server.stop();
  });
  afterEach(() => {
    server.received.length = 0;
    server.refusal = null;
    server.refusalCode = 450;
    server.answerAfterMs = 0;
  });

  it('sends text and HTML unchanged, from the host of the service', async () => {
    await mailer({ SMTP_URL: server.url }).send(mail);
    expect(server.received).toMatchObject([
      {
        from: { name: 'Portcullis', address: 'portcullis@id.example.org' },
        to: [{ address: 'ada@example.com' }],
        subject: 'Grüße',
        messageId: `<${mail.id}@id.example.org>`,
        text: `${mail.text}\n`,
      },
    ]);
    expect(server.received[0]!.html?.trim()).toBe(mail.html);
    expect(server.received[0]!.headers).toContainEqual(
      expect.objectContaining({ key: 'auto-submitted', value: 'auto-generated' }),
    );
  });

  it('sends from MAIL_FROM if it is set', async () => {
    await mailer({ SMTP_URL: server.url, MAIL_FROM: 'Security <security@example.org>' }).send(mail);
    expect(server.received[0]!.from).toMatchObject({ name: 'Security', address: 'security@example.org' });
  });

  it('lets no text become a header or a second recipient', async () => {
    await mailer({ SMTP_URL: server.url }).send({ ...mail, subject: 'Hello\r\nBcc: eve@example.com' });
    expect(server.received[0]!.bcc ?? []).toEqual([]);
    expect(server.received[0]!.headers.map(({ key }) => key)).not.toContain('bcc');
    await expect(
      mailer({ SMTP_URL: server.url }).send({ ...mail, to: 'ada@example.com, eve@example.com' }),
    ).rejects.toThrow(/recipient|address/i);
  });

  it("rejects with the server's refusal", async () => {
    server.refusal = 'mailbox unavailable';
    await expect(mailer({ SMTP_URL: server.url }).send(mail)).rejects.toThrow('mailbox unavailable');
    await expect(mailer({ SMTP_URL: server.url }).send(mail)).rejects.not.toBeInstanceOf(PermanentFailure);
  });

  it('distinguishes permanent from temporary refusals, and repeats neither the address nor links', async () => {
    server.refusal = 'no mailbox <Ada@Example.com>, see https://example.org/#token=secret';
    server.refusalCode = 550;
    const refusal = mailer({ SMTP_URL: server.url }).send(mail);
    await expect(refusal).rejects.toBeInstanceOf(PermanentFailure);
    await expect(refusal).rejects.toThrow('no mailbox <(address)>, see (link)');
  });

  it.each([
    ['grace.hopper@example.com', 'GRACE.HOPPER is over quota', '(address) is over quota'],
    [
      'grace@example.com',
      'user [grace] unknown, see /gracefully',
      'user [(address)] unknown, see /gracefully',
    ],
    ['gra+news@example.com', 'gra+news: no such user', '(address): no such user'],
    // As short as this, it may be a word of the reply.
    ['ada@example.com', 'ada is over quota', 'ada is over quota'],
  ])('repeats no name that a server gives the mailbox %s', async (to, reply, repeated) => {
    server.refusal = reply;
    server.refusalCode = 550;
    await expect(mailer({ SMTP_URL: server.url }).send({ ...mail, to })).rejects.toThrow(repeated);
  });

  it('does not mistake a refused login for a refusal of the mail', async () => {
    const strict = await startMailServer({
      authOptional: false,
      allowInsecureAuth: true,
      onAuth: (_auth, _session, done) => done(Object.assign(new Error('no'), { responseCode: 535 })),
    });
    const refusal = mailer({ SMTP_URL: strict.url.replace('//', '//user:pass@') }).send(mail);
    await expect(refusal).rejects.toThrow(/535/);
    await expect(refusal).rejects.not.toBeInstanceOf(PermanentFailure);
    await strict.stop();
  });

  it.each([530, 534, 535, 538])(
    'does not mistake a reply %i to the sender, which is about the session, for a refusal of the mail',
    async (responseCode) => {
      const refusal = Object.assign(new Error('Authentication required'), { responseCode });
      const strict = await startMailServer({ onMailFrom: (_address, _session, done) => done(refusal) });
      onTestFinished(() => strict.stop());
      const sent = mailer({ SMTP_URL: strict.url }).send(mail);
      await expect(sent).rejects.toThrow('Authentication required');
      await expect(sent).rejects.not.toBeInstanceOf(PermanentFailure);
    },
  );

  it('waits for a server that sends its greeting after 6.5 s and replies to the final dot after 16 s', async () => {
    const slow = await startMailServer({ onConnect: (_session, done) => void setTimeout(done, 6500) });
    slow.answerAfterMs = 16_000;
    await mailer({ SMTP_URL: slow.url }).send(mail);
    expect(slow.received).toHaveLength(1);
    await slow.stop();
  });

  it('uses the timeouts of RFC 5321 section 4.5.3.2', () => {
    expect(smtpOptions('smtp://mail.example.org', true)).toMatchObject({
      greetingTimeout: 300_000,
      socketTimeout: 600_000,
    });
  });

  it('disconnects from an unresponsive server when it is aborted', async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const startedMs = performance.now();
    const sending = mailer({ SMTP_URL: `smtp://127.0.0.1:${port}` }).send(mail, AbortSignal.timeout(200));
    await expect(sending).rejects.toThrow(Error);
    expect(performance.now() - startedMs).toBeLessThan(3000);
    await new Promise((resolve) => silent.close(resolve));
  });

  it('requires TLS in production, unless the server is on this machine or the URL overrides it', async () => {
    const production = { NODE_ENV: 'production' } as const;
    const byName = server.url.replace('127.0.0.1', '0.0.0.0');
    await expect(mailer({ ...production, SMTP_URL: byName }).send(mail)).rejects.toThrow(/STARTTLS|TLS/);
    await mailer({ ...production, SMTP_URL: `${byName}?requireTLS=false` }).send(mail);
    await mailer({ ...production, SMTP_URL: server.url }).send(mail);
    expect(server.received).toHaveLength(2);
  });

  it('reports that it is not configured', async () => {
    expect(new NoMailer().configured).toBe(false);
    await expect(new NoMailer().send()).rejects.toThrow('SMTP_URL is unset');
  });
});
