import type { createTransport } from 'nodemailer';
import type { Environment } from '../config/environment.js';

type SmtpOptions = Exclude<Parameters<typeof createTransport>[0], string | undefined> & { url: string };

const MINUTE_MS = 60_000;

/** For the name and for TCP, where RFC 5321 asks for nothing; a server that is up takes far less. */
const CONNECT_MS = 30_000;

/** RFC 5321 section 4.5.3.2.1: servers delay their greeting, some to unmask impatient senders of spam. */
const GREETING_MS = 5 * MINUTE_MS;

/** Sections 4.5.3.2.2 to .6, the longest of which is the answer to the final dot: to hang up before it makes copies. */
const SILENCE_MS = 10 * MINUTE_MS;

/** Longest for a whole mail, from a server that answers a little now and then. */
export const SEND_MS = 15 * MINUTE_MS;

/** The sender where `MAIL_FROM` names none: the host that the links in mails point to. */
export function senderOf({ MAIL_FROM, PUBLIC_URL, PRODUCT_NAME }: Environment) {
  return MAIL_FROM ?? { name: PRODUCT_NAME, address: `portcullis@${new URL(PUBLIC_URL).hostname}` };
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
    greetingTimeout: GREETING_MS,
    dnsTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(isProduction && !isLocal && !searchParams.has('requireTLS') && { requireTLS: true }),
  } satisfies Partial<SmtpOptions>;
}
