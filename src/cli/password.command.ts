import type { Command } from 'commander';
import { OperatorPasswords } from '../admin/operator-passwords.js';
import { AccountDirectory } from '../admin/account-directory.js';
import { NewPassword } from '../auth/credentials/passwords/new-password.js';
import { CommandFailure, EXIT } from './exit-codes.js';
import { accountName, type OperatorOptions, originOf, withOperatorOptions } from './operator-options.js';
import { printResult } from './output.js';
import { readSecret } from './terminal-input.js';
import { withService } from './with-service.js';

/** Adds the command that sets an account's password. */
export function addPasswordCommand(users: Command): void {
  withOperatorOptions(users.command('set-password'))
    .description(
      'read a new password from standard input (no echo on a terminal), and end the sessions of the account; links that let people choose their own password will replace this command',
    )
    .argument('<account>', 'e-mail address or id', accountName)
    .action(async (who: string, options: OperatorOptions) => {
      const password = await readSecret('password', process.stdin, process.stderr);
      await withService(async (find) => {
        const passwords = find(NewPassword);
        const { email } = await find(AccountDirectory).show(who);
        const fault = await passwords.faultOf(password, email);
        if (fault) throw new CommandFailure(EXIT.dataError, fault);
        const hash = await passwords.hash(password);
        const isOpen = await find(OperatorPasswords).set(who, hash, originOf(options));
        const state = isOpen ? 'enabled' : 'still disabled (see users enable)';
        printResult(options, `The password was set and the sessions have ended; the account is ${state}.`);
      });
    });
}
