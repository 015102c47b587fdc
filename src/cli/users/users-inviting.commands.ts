import { type Command, InvalidArgumentError, Option } from 'commander';
import { validateSync } from 'class-validator';
import { plainToInstance } from 'class-transformer';
import { AccountInvitations } from '../../admin/account-invitations.js';
import { AccountDirectory } from '../../admin/directory/account-directory.js';
import { InviteDto } from '../../admin/dto/invite.dto.js';
import { PasswordLinks } from '../../admin/password-links.js';
import { rolesWith } from '../../admin/roles.decorator.js';
import { LOCALES, type Locale } from '../../platform/access/locale.js';
import { ROLES, type Role } from '../../platform/access/principal.js';
import { accountName, type OperatorOptions, originOf, withOperatorOptions } from '../operator-options.js';
import { printResult } from '../terminal/output.js';
import { type Find, withService } from '../with-service.js';

interface InviteOptions extends OperatorOptions {
  readonly name?: string;
  readonly role: Role[];
  readonly locale: Locale;
  readonly link?: true;
  readonly again?: true;
}

/** Adds the command that invites a person. */
export function addInviteCommand(users: Command): void {
  withOperatorOptions(users.command('invite'))
    .description('create an account for the owner of an address to accept, and mail the invitation')
    .argument('<email>', 'e-mail address', invited('email'))
    .option('--name <name>', 'display name', invited('displayName'))
    .addOption(
      new Option('--role <role...>', 'roles beyond `user`, which everybody has').choices(ROLES).default([]),
    )
    .addOption(new Option('--locale <locale>', 'language of mails').choices(LOCALES).default(LOCALES[0]))
    .option('--link', 'print the link, which works once, instead of mailing it')
    .addOption(
      new Option('--again', 'send the invitation of an existing account again').conflicts([
        'name',
        'role',
        'locale',
      ]),
    )
    .action(async (email: string, options: InviteOptions) => {
      await withService(async (find) => {
        const link = await invite(find, email, options);
        const account = await find(AccountDirectory).show(email);
        if (link === null) printResult(options, 'The invitation is on its way.', account);
        else printResult(options, link, { link, account });
      });
    });
}

/** Adds the command that makes a link to a new password. */
export function addResetLinkCommand(program: Command): void {
  withOperatorOptions(program.command('reset-link'))
    .description('print a link, which works once, that sets a new password; the owner is notified by mail')
    .argument('<account>', 'e-mail address or id', accountName)
    .action(async (who: string, options: OperatorOptions) => {
      await withService(async (find) => {
        const link = await find(PasswordLinks).handOut(who, originOf(options));
        printResult(options, link, { link });
      });
    });
}

/** Returns the link if it is to be printed. */
async function invite(
  find: Find,
  email: string,
  { name, role, locale, link, again, ...options }: InviteOptions,
): Promise<string | null> {
  const invitations = find(AccountInvitations);
  const origin = originOf(options);
  if (again) {
    if (link) return invitations.handOutAgain(email, origin);
    await invitations.again(email, origin);
    return null;
  }
  const account = { email, displayName: name ?? null, roles: rolesWith(role), locale };
  if (link) return invitations.handOut(account, origin);
  await invitations.invite(account, origin);
  return null;
}

/** Parses a member of an invitation by the rules of the API. */
function invited(member: 'email' | 'displayName'): (text: string) => string {
  return (text) => {
    const dto = plainToInstance(InviteDto, { [member]: text });
    const fault = validateSync(dto).find(({ property }) => property === member);
    if (!fault) return dto[member]!;
    throw new InvalidArgumentError(
      `${Object.values(fault.constraints ?? {})[0]?.replace(/^\w+/, 'It') ?? 'It is not valid'}.`,
    );
  };
}
