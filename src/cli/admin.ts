import 'reflect-metadata';
import { Command } from 'commander';
import { commandFault } from './command-fault.js';
import { addKeysCommand } from './keys.command.js';
import { ignoreClosedOutput } from './output.js';
import { addPasswordCommand } from './password.command.js';
import { addUnblockCommand } from './unblock.command.js';
import { addUserReadingCommands } from './users-reading.commands.js';
import { addUserCommands } from './users.commands.js';

const EXIT_CODES = `
Results go to standard output, everything else to standard error. Exit codes: 0 done; 64 wrong usage; 65 unacceptable data;
66 no input; 67 no such account; 69 the database is away; 77 refused by a rule; 78 wrong configuration.

For example: npm run admin -- users roles ada@example.com auditor --reason "joined the audit team"
`;

ignoreClosedOutput();
process.exitCode = await run(process.argv.slice(2));

/** Runs one command; returns its exit code. */
async function run(words: readonly string[]): Promise<number> {
  try {
    await operatorProgram().parseAsync(words, { from: 'user' });
    return 0;
  } catch (error) {
    const { exitCode, lines } = commandFault(error);
    for (const line of lines) process.stderr.write(`${line}\n`);
    return exitCode;
  }
}

/** All commands of an operator. A mistyped one touches no database. */
function operatorProgram(): Command {
  const program = new Command('npm run admin --')
    .description('Commands for operators, on the database of the configuration (DATABASE_URL or DATA_DIR).')
    .addHelpText('after', EXIT_CODES)
    .helpCommand(false)
    .showHelpAfterError()
    .exitOverride();
  const users = program.command('users').description('accounts').helpCommand(false);
  addUserReadingCommands(users);
  addUserCommands(users);
  addPasswordCommand(users);
  addUnblockCommand(program);
  addKeysCommand(program);
  return program;
}
