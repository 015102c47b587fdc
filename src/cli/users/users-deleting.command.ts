import type { Command } from 'commander';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { AccountAdministration } from '../../admin/account-administration.js';
import { RepeatedDeletions } from '../../admin/repeated-deletions.js';
import { CommandFailure, EXIT } from '../exit-codes.js';
import { assertReadable } from '../terminal/input-file.js';
import { accountName, type OperatorOptions, originOf, withOperatorOptions } from '../operator-options.js';
import { printResult } from '../terminal/output.js';
import { confirm } from '../terminal/terminal-input.js';
import { withService } from '../with-service.js';

interface DeleteOptions extends OperatorOptions {
  readonly from?: string;
  readonly yes?: true;
}

/** Adds the command that deletes accounts. */
export function addDeletingCommand(users: Command): void {
  withOperatorOptions(users.command('delete'))
    .description('delete an account permanently, and end its sessions; asks for confirmation on a terminal')
    .argument('[account]', 'e-mail address or id', accountName)
    .option('--from <file>', 'after a restore: delete again everyone in a copy of erased.ndjson')
    .option('--yes', 'do not ask for confirmation')
    .action(async (who: string | undefined, options: DeleteOptions) => {
      const { from } = options;
      if ((who === undefined) === (from === undefined))
        throw new CommandFailure(EXIT.usage, 'Name either an account or a file (--from).');
      if (from !== undefined) assertReadable(from);
      const isAgreed =
        options.yes ??
        (!process.stdin.isTTY ||
          (await confirm(
            `Delete ${who ?? `everyone in ${from}`} permanently?`,
            process.stdin,
            process.stderr,
          )));
      if (!isAgreed) throw new CommandFailure(EXIT.refused, 'Nothing was deleted.');
      if (from !== undefined) return deleteAgain(from, options);
      await withService(async (find) => {
        await find(AccountAdministration).delete(who!, originOf(options));
        printResult(options, 'The account is deleted and its sessions have ended.');
      });
    });
}

async function deleteAgain(file: string, options: DeleteOptions): Promise<void> {
  const result = await withService((find) =>
    find(RepeatedDeletions).run(
      createInterface({ input: createReadStream(file), crlfDelay: Infinity }),
      originOf(options),
      (line, message) => process.stderr.write(`line ${line}: ${message}\n`),
    ),
  );
  const { deleted, requested, known, faulty } = result;
  printResult(
    options,
    `Accounts deleted: ${deleted}. Erasures requested without an account: ${requested}. Nothing to do for: ${known}.`,
    result,
  );
  if (faulty > 0) throw new CommandFailure(EXIT.dataError, `Faulty lines: ${faulty}.`);
}
