import Bowser from 'bowser';

/** The product of a client that is no browser, such as `curl/8.5.0`; letters only, because it is shown to people. */
const PRODUCT = /^([A-Za-z][A-Za-z ._-]{0,30})\//;

/** A user agent in words: "Chrome on Windows"; what the client says of itself, and no proof of anything. */
export function deviceName(userAgent: string): string {
  if (userAgent === '') return 'an unknown device';
  const { browser, os } = Bowser.parse(userAgent);
  const program = browser.name || PRODUCT.exec(userAgent)?.[1] || 'an unknown program';
  return os.name ? `${program} on ${os.name}` : program;
}
