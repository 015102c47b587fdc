import type { createTransport } from 'nodemailer';
import type { Environment } from '../config/environment.js';

type SmtpOptions = Exclude<Parameters<typeof createTransport>[0], string | undefined> & { url: string };

const CONNECT_MS = 5_000;
const SILENCE_MS = 10_000;

/** The sender where `MAIL_FROM` names none: the host that the links in mails point to. */
export function senderOf({ MAIL_FROM, PUBLIC_URL }: Environment): string {
  return MAIL_FROM ?? `Portcullis <portcullis@${new URL(PUBLIC_URL).hostname}>`;
}

/**
 * How to reach the mail server. In production a server that is not on this machine must offer STARTTLS: a downgrade
 * would show addresses and the server's password to the network (RFC 3207 section 6). `requireTLS` in the URL decides
 * otherwise. Message parts are never read from files or addresses.
 */
export function smtpOptions(url: string, isProduction: boolean) {
  const { hostname, searchParams } = new URL(url);
  const isLocal = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
  return {
    url,
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    dnsTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(isProduction && !isLocal && !searchParams.has('requireTLS') && { requireTLS: true }),
  } satisfies Partial<SmtpOptions>;
}
