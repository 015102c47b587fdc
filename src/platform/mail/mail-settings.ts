import type { createTransport } from 'nodemailer';
import type { Environment } from '../config/environment.js';

type SmtpOptions = Exclude<Parameters<typeof createTransport>[0], string | undefined> & { url: string };

const MINUTE_MS = 60_000;

/**
 * Limit for name resolution and the TCP connection, for which RFC 5321 sets none. A reachable server needs far less.
 */
const CONNECT_MS = 30_000;

/** RFC 5321 section 4.5.3.2.1. Some servers delay the greeting to expose spam senders, which do not wait. */
const GREETING_MS = 5 * MINUTE_MS;

/**
 * The longest timeout of sections 4.5.3.2.2 to 4.5.3.2.6, for the reply to the final dot. Giving up earlier causes
 * duplicates.
 */
const SILENCE_MS = 10 * MINUTE_MS;

/** Limit for a whole mail, in case the server keeps replying but makes no progress. */
export const SEND_MS = 15 * MINUTE_MS;

/** Returns the sender. If `MAIL_FROM` is unset, its domain is the host that links in mails point to. */
export function senderOf({ MAIL_FROM, PUBLIC_URL, PRODUCT_NAME }: Environment) {
  return MAIL_FROM ?? { name: PRODUCT_NAME, address: `portcullis@${new URL(PUBLIC_URL).hostname}` };
}

/**
 * Returns the SMTP transport options. In production, a server on another machine must offer STARTTLS, because a
 * downgrade would reveal addresses and the server's password to the network (RFC 3207 section 6). `requireTLS` in the
 * URL overrides this. Message parts are never read from files or URLs.
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
