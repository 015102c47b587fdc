import { Argument, type Command } from 'commander';
import { AccountAccess } from '../../admin/account-access.js';
import { AccountAdministration } from '../../admin/account-administration.js';
import { AccountDirectory } from '../../admin/directory/account-directory.js';
import { ROLES, type Role } from '../../platform/access/principal.js';
import type { Origin } from '../../platform/http/origin.js';
import { accountName, type OperatorOptions, originOf, withOperatorOptions } from '../operator-options.js';
import { printResult } from '../terminal/output.js';
import { type Find, withService } from '../with-service.js';

/** Changes an account and returns the sentence that confirms it. */
type Change = (find: Find, who: string, origin: Origin) => Promise<string>;

/** Adds the commands that change one account. */
export function addUserCommands(users: Command): void {
  change(
    users,
    'disable',
    'prevent an account from signing in, and end its sessions',
    async (find, who, by) => {
      await find(AccountAdministration).disable(who, by);
      return 'The account is disabled and its sessions have ended.';
    },
  );
  change(users, 'enable', 'let a disabled account sign in again', async (find, who, by) => {
    await find(AccountAdministration).enable(who, by);
    return 'The account is enabled again.';
  });
  act(users, 'unlock', 'reset the count of failed logins of an account', async (find, who, by) => {
    await find(AccountAccess).unlock(who, by);
    return 'The count of failed logins is reset.';
  });
  act(users, 'end-sessions', 'sign an account out everywhere', async (find, who, by) => {
    const ended = await find(AccountAccess).endSessions(who, by);
    return `Sessions ended: ${ended}.`;
  });
  act(
    users,
    'remove-factors',
    'remove all second factors and recovery codes of an account',
    async (find, who, by) => {
      const removed = await find(AccountAccess).removeFactors(who, by);
      return `Second factors removed: ${removed}.`;
    },
  );
  addRoles(users);
}

function addRoles(users: Command): void {
  withOperatorOptions(users.command('roles'))
    .description('give an account exactly these roles, and `user`, which everybody has; end its sessions')
    .argument('<account>', 'e-mail address or id', accountName)
    .addArgument(new Argument('<role...>', 'the roles').choices(ROLES))
    .action(async (who: string, roles: Role[], options: OperatorOptions) => {
      await withService(async (find) => {
        await find(AccountAdministration).setRoles(who, roles, originOf(options));
        const account = await find(AccountDirectory).show(who);
        printResult(options, `The account has the roles ${account.roles.join(', ')}.`, account);
      });
    });
}

/** Adds a change; with `--json` the command prints the changed account. */
function change(users: Command, name: string, description: string, work: Change): void {
  add(users, name, description, work, true);
}

/** Adds a change that returns nothing. */
function act(users: Command, name: string, description: string, work: Change): void {
  add(users, name, description, work, false);
}

function add(users: Command, name: string, description: string, work: Change, showsAccount: boolean): void {
  withOperatorOptions(users.command(name))
    .description(description)
    .argument('<account>', 'e-mail address or id', accountName)
    .action(async (who: string, options: OperatorOptions) => {
      await withService(async (find) => {
        const text = await work(find, who, originOf(options));
        printResult(options, text, showsAccount ? await find(AccountDirectory).show(who) : undefined);
      });
    });
}
