import { type Command, InvalidArgumentError } from 'commander';
import { userInfo } from 'node:os';
import { isUuid } from '../platform/crypto/uuid.js';
import { AUDIT_REASON_LENGTH, isPrintable } from '../platform/http/audit-reason.js';
import { internalOrigin, type Origin } from '../platform/http/origin.js';
import { canonicalEmail } from '../users/canonical-email.js';

/** Options of every command that changes something. */
export interface OperatorOptions {
  readonly json?: true;
  readonly reason?: string;
  readonly actor?: string;
}

/** Maximum length of names of operators, in code points. */
const NAME_LENGTH = 100;

/** Adds `--json`. */
export function withJson(command: Command): Command {
  return command.option('--json', 'write the result as JSON, one object per line');
}

/** Adds the options that are recorded in the event of a change, and `--json`. */
export function withOperatorOptions(command: Command): Command {
  return withJson(command)
    .option('--reason <text>', 'reason for the audit trail', printable(AUDIT_REASON_LENGTH))
    .option(
      '--actor <name>',
      'operator name for the audit trail (default: the login name)',
      printable(NAME_LENGTH),
    );
}

/** Returns the origin of a command; its events name the operator. */
export function originOf({ reason, actor }: OperatorOptions): Origin {
  return internalOrigin('operator', {
    actor: 'cli',
    operator: actor ?? loginName(),
    ...(reason !== undefined && { auditReason: reason }),
  });
}

/** Parses an account's e-mail address or id. */
export function accountName(text: string): string {
  if (text.includes('@')) return canonicalEmail(text);
  if (isUuid(text)) return text.toLowerCase();
  throw new InvalidArgumentError('It is neither an e-mail address nor an id.');
}

function printable(length: number): (text: string) => string {
  return (text) => {
    if (isPrintable(text, length)) return text;
    throw new InvalidArgumentError(`It must have 1 to ${length} printable characters.`);
  };
}

/** Returns the login name, or else the user id: `userInfo` throws if the user has no name, as in many containers. */
function loginName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.()}`;
  }
}
