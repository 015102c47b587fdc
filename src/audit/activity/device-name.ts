import Bowser from 'bowser';

const BROWSERS = new Set(Object.values(Bowser.BROWSER_MAP));
const SYSTEMS = new Set(Object.values(Bowser.OS_MAP));

/**
 * The product name of a client that is not a browser, such as `curl/8.5.0`; too short and plain to carry a message.
 */
const PRODUCT = /^([A-Za-z][A-Za-z0-9]{0,29})(?:\/|$)/;

/**
 * Describes a user agent in words, such as "Chrome on Windows", as claimed by the client and not verified. An
 * attacker whose sign-in fails chooses this text, and the account's owner reads it. Bowser returns the client's own
 * text for names that it does not know, so only known names are shown.
 */
export function deviceName(userAgent: string): string {
  if (userAgent === '') return 'an unknown device';
  const { browser, os } = Bowser.parse(userAgent);
  const program = known(browser.name, BROWSERS) ?? PRODUCT.exec(userAgent)?.[1];
  const system = known(os.name, SYSTEMS);
  if (system) return `${program ?? 'an unknown program'} on ${system}`;
  return program ?? 'an unknown device';
}

function known(name: string | undefined, names: ReadonlySet<string>): string | undefined {
  return name !== undefined && names.has(name) ? name : undefined;
}
