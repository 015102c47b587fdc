import { Command } from 'commander';
import { commandName } from './command-name.js';
import { addGateCheckCommand } from './gate-check/gate-check.command.js';
import { addImportExportCommands } from './import-export/import-export.command.js';
import { addKeysCommand } from './keys.command.js';
import { addSecretsCommand } from './secrets.command.js';
import { addUnblockCommand } from './unblock.command.js';
import { addInviteCommand, addResetLinkCommand } from './users/users-inviting.commands.js';
import { addUserReadingCommands } from './users/users-reading.commands.js';
import { addDeletingCommand } from './users/users-deleting.command.js';
import { addUserCommands } from './users/users.commands.js';

const exitCodes = (program: string) => `
Results go to standard output, everything else to standard error. Exit codes: 0 done; 64 wrong usage; 65 unacceptable data;
66 no input; 67 no such account; 69 the database is unavailable; 73 the output file exists; 75 data depends on a former secret; 77 refused by
a rule; 78 wrong configuration.

Example: ${program} users roles ada@example.com auditor --reason "joined the audit team"
`;

/**
 * Returns the program with all operator commands. Parsing a mistyped command throws `CommanderError` without touching a
 * database.
 */
export function operatorProgram(): Command {
  const name = commandName('portcullis admin', 'npm run admin --');
  const program = new Command(name)
    .description('Commands for operators; they use the configured database (DATABASE_URL or DATA_DIR).')
    .addHelpText('after', exitCodes(name))
    .helpCommand(false)
    // Otherwise `secrets` would take the --json of `secrets forget` as its own.
    .enablePositionalOptions()
    .showHelpAfterError()
    .exitOverride();
  const users = program.command('users').description('accounts').helpCommand(false);
  addUserReadingCommands(users);
  addUserCommands(users);
  addDeletingCommand(users);
  addInviteCommand(users);
  addResetLinkCommand(program);
  addUnblockCommand(program);
  addKeysCommand(program);
  addGateCheckCommand(program);
  addSecretsCommand(program);
  addImportExportCommands(program);
  return program;
}
