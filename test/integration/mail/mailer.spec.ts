import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Environment } from '../../../src/platform/config/environment.js';
import { Mailer } from '../../../src/platform/mail/mailer.js';
import { type MailServer, startMailServer } from '../../support/mail/mail-server.js';

const mail = {
  id: '019abf6e-3c1a-7d52-9a41-6f0a7e1b2c3d',
  to: 'ada@example.com',
  subject: 'Grüße',
  text: 'Zeile 1\nZeile 2 ✓\n',
};

function mailer(variables: Partial<Environment>): Mailer {
  return new Mailer(Object.assign(new Environment(), { PUBLIC_URL: 'https://id.example.org' }, variables));
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
  });

  it('sends a plain text that arrives as it was written, from the host of the service', async () => {
    await mailer({ SMTP_URL: server.url }).send(mail);
    expect(server.received).toMatchObject([
      {
        from: { name: 'Portcullis', address: 'portcullis@id.example.org' },
        to: [{ address: 'ada@example.com' }],
        subject: 'Grüße',
        messageId: `<${mail.id}@id.example.org>`,
        text: mail.text,
      },
    ]);
    expect(server.received[0]!.html).toBeUndefined();
    expect(server.received[0]!.headers).toContainEqual(
      expect.objectContaining({ key: 'auto-submitted', value: 'auto-generated' }),
    );
  });

  it('sends from MAIL_FROM where it is set', async () => {
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
  });

  it('gives a server that never greets five seconds', async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const startedMs = performance.now();
    await expect(mailer({ SMTP_URL: `smtp://127.0.0.1:${port}` }).send(mail)).rejects.toThrow(/greeting/i);
    expect(performance.now() - startedMs).toBeLessThan(7000);
    await new Promise((resolve) => silent.close(resolve));
  });

  it('insists on TLS in production, but for a server on this machine or where the URL says otherwise', async () => {
    const production = { NODE_ENV: 'production' } as const;
    const byName = server.url.replace('127.0.0.1', '0.0.0.0');
    await expect(mailer({ ...production, SMTP_URL: byName }).send(mail)).rejects.toThrow(/STARTTLS|TLS/);
    await mailer({ ...production, SMTP_URL: `${byName}?requireTLS=false` }).send(mail);
    await mailer({ ...production, SMTP_URL: server.url }).send(mail);
    expect(server.received).toHaveLength(2);
  });

  it('says that it is not configured', async () => {
    expect(mailer({}).configured).toBe(false);
    await expect(mailer({}).send(mail)).rejects.toThrow('SMTP_URL is unset');
  });
});
