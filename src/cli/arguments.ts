import { ROLES, type Role } from '../platform/access/principal.js';
import { canonicalIp, networkOf } from '../platform/http/ip-address.js';
import { canonicalEmail } from '../users/canonical-email.js';

const ACCOUNT_COMMANDS = ['disable', 'enable', 'delete', 'unlock', 'roles', 'set-password'] as const;
const COMMANDS = [...ACCOUNT_COMMANDS, 'unblock', 'keys:rotate'] as const;

/** What an operator can have done; the first six to one account, the last one to the installation. */
export type CommandName = (typeof COMMANDS)[number];

/** A command with all that it needs, so that a mistyped one touches no database. */
export interface Arguments {
  readonly command: CommandName;
  /** Canonical; empty where the command is about no account. */
  readonly email: string;
  /** Those to give, none but with `roles`. */
  readonly roles: readonly Role[];
  /** The one to let in again, empty but with `unblock`. */
  readonly network: string;
}

const NOBODY = { email: '', roles: [], network: '' };

/** What was wrong with a command line, in a sentence; the usage follows it. */
export class Usage extends Error {}

/** How the commands are called, for whoever called one wrongly. */
export const USAGE = `npm run admin -- <command> <e-mail address>

  disable        keep the account from signing in, end its sessions
  enable         let it sign in again
  delete         remove the account, end its sessions
  unlock         reset its count of failed logins
  roles          give it exactly these roles, named after the address: ${ROLES.join(', ')}
  set-password   read a new password from standard input, end its sessions

npm run admin -- unblock <IP address>
  let an address in again that the service blocked in answer to an alert

npm run keys:rotate
  publish a new signing key, which takes over once every verifier can know it

For example: npm run admin -- roles ada@example.com user auditor
`;

/** Reads the words after the program's name; throws {@link Usage} for those that make no command. */
export function readArguments([name, ...words]: readonly string[]): Arguments {
  if (name === undefined) throw new Usage('There is no command.');
  const command = COMMANDS.find((one) => one === name);
  if (command === undefined) throw new Usage(`There is no command "${name}".`);
  if (command === 'keys:rotate') {
    assertNothing(words, command);
    return { ...NOBODY, command };
  }
  if (command === 'unblock') {
    assertNothing(words.slice(1), 'unblock and its address');
    return { ...NOBODY, command, network: networkIn(words[0]) };
  }
  const [email = '', ...rest] = words;
  if (!email.includes('@')) {
    throw new Usage(
      email === '' ? `${command} needs an e-mail address.` : `"${email}" is no e-mail address.`,
    );
  }
  if (command === 'roles') return { ...NOBODY, command, email: canonicalEmail(email), roles: rolesIn(rest) };
  assertNothing(rest, `${command} and its address`);
  return { ...NOBODY, command, email: canonicalEmail(email) };
}

/** IPv6 is blocked by /64, and may be written so. */
function networkIn(word = ''): string {
  const address = canonicalIp(word.replace(/\/64$/, ''));
  if (address === null)
    throw new Usage(word === '' ? 'unblock needs an IP address.' : `"${word}" is no IP address.`);
  return networkOf(address);
}

function rolesIn(words: readonly string[]): Role[] {
  if (words.length === 0) throw new Usage('roles needs one role at least, after the address.');
  return words.map((word) => {
    const role = ROLES.find((one) => one === word);
    if (role === undefined) throw new Usage(`There is no role "${word}".`);
    return role;
  });
}

function assertNothing(words: readonly string[], after: string): void {
  if (words.length > 0) throw new Usage(`Nothing may follow ${after}, and "${words[0]}" does.`);
}
