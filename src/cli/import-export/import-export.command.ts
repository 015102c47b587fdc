import { type Command, InvalidArgumentError, Option } from 'commander';
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { AccountExport } from '../../admin/import-export/account-export.js';
import { MAX_LINE } from '../../admin/import-export/import-row.js';
import { AccountImport, type ImportResult } from '../../admin/import-export/account-import.js';
import { ProgressBar } from '../terminal/progress-bar.js';
import {
  type AgeKey,
  type AgeTarget,
  assertIdentity,
  assertRecipient,
  readAgeFile,
  writeAgeFile,
} from './age-file.js';
import { CommandFailure, EXIT } from '../exit-codes.js';
import { assertReadable, assertReadableTwice } from '../terminal/input-file.js';
import { type OperatorOptions, originOf, withOperatorOptions } from '../operator-options.js';
import { writeNewFile } from '../terminal/output-file.js';
import { printResult } from '../terminal/output.js';
import { shown } from '../shown.js';
import { textLines } from './text-lines.js';
import { withService } from '../with-service.js';

interface ImportOptions extends OperatorOptions {
  readonly dryRun?: true;
  readonly identityFile?: string;
  readonly passphraseFile?: string;
}

interface ExportOptions extends OperatorOptions {
  readonly secrets?: true;
  readonly recipient?: string;
  readonly passphraseFile?: string;
}

/** How many lines that are skipped for a reason to be looked at are named. */
const MOST_NAMED = 100;

/** Adds the commands that move accounts from and to other systems. */
export function addImportExportCommands(program: Command): void {
  withOperatorOptions(program.command('import <file>'))
    .description(
      'create accounts from a file with one JSON object per line; addresses that are taken are skipped',
    )
    .option('--dry-run', 'check every line and write nothing')
    .option('--identity-file <file>', 'decrypt an age file with the identity in this file')
    .addOption(new Option('--passphrase-file <file>', 'decrypt an age file').conflicts('identityFile'))
    .action(importAccounts);
  withOperatorOptions(program.command('export <file>'))
    .description('write accounts to a new file with one JSON object per line')
    .option('--secrets', 'include password hashes and factors, in an encrypted age file')
    .option('--recipient <key>', 'encrypt to this public key of age', recipientOf)
    .addOption(
      new Option('--passphrase-file <file>', 'encrypt with the passphrase in this file').conflicts(
        'recipient',
      ),
    )
    .action(exportAccounts);
}

async function importAccounts(file: string, options: ImportOptions): Promise<void> {
  assertReadableTwice(file);
  const key = keyOf(options);
  const bytes = () => (key ? readAgeFile(file, key) : createReadStream(file));
  const bar = new ProgressBar(process.stderr, 'lines');
  // This also proves that all of it is text in UTF-8 and, for an age file, that it is whole.
  const total = await countLines(bytes());
  await bar.learnTotal(() => Promise.resolve(total));
  let preRegistered = 0;
  const report = (text: string) => {
    bar.clear();
    process.stderr.write(`${text}\n`);
  };
  const result = await withService((find) =>
    find(AccountImport).run(textLines(bytes(), MAX_LINE), {
      isDryRun: options.dryRun === true,
      origin: originOf(options),
      onFault: (line, message) => report(`line ${line}: ${shown(message)}`),
      onPreRegistered: (line) => {
        preRegistered += 1;
        if (preRegistered <= MOST_NAMED)
          report(`line ${line}: skipped; an account has the address without having proven it`);
      },
      onProgress: (done) => bar.show(done),
    }),
  );
  if (preRegistered > MOST_NAMED)
    report(`${preRegistered - MOST_NAMED} further lines are skipped for this reason.`);
  bar.clear();
  printResult(options, textOf(result, options), result);
  if (result.faulty > 0) throw new CommandFailure(EXIT.dataError, `Faulty lines: ${result.faulty}.`);
}

function textOf({ imported, skipped }: ImportResult, { dryRun }: ImportOptions): string {
  return `${dryRun ? 'Would be imported' : 'Imported'}: ${imported}. Skipped, because the address is taken: ${skipped}.`;
}

async function exportAccounts(file: string, options: ExportOptions): Promise<void> {
  const target = targetOf(options);
  if (existsSync(file)) throw new CommandFailure(EXIT.noOutput, `${file} exists; it is not overwritten.`);
  const bar = new ProgressBar(process.stderr, 'accounts');
  let accounts = 0;
  await withService(async (find) => {
    const exporting = find(AccountExport);
    await bar.learnTotal(() => exporting.count());
    const lines = exporting.lines({
      withSecrets: target !== null,
      origin: originOf(options),
      onLeftOut: (userId, factors) => {
        bar.clear();
        process.stderr.write(
          `Account ${userId}: left out ${factors} second factors whose rows have been altered.\n`,
        );
      },
    });
    const counted = (async function* () {
      for await (const line of lines) {
        bar.show((accounts += 1));
        yield line;
      }
    })();
    await (target
      ? writeAgeFile(file, counted, target)
      : writeNewFile(file, (created) => created.writeFile(counted)));
  });
  bar.clear();
  printResult(options, `Exported: ${accounts}.`, { accounts });
}

/** Checked before the service is started. The library's message is not shown, because it may contain the argument. */
function recipientOf(text: string): string {
  try {
    assertRecipient(text);
  } catch {
    throw new InvalidArgumentError('It is not a public key of age, which begins with age1.');
  }
  return text;
}

function keyOf({ identityFile, passphraseFile }: ImportOptions): AgeKey | null {
  if (identityFile !== undefined) return { identity: identityIn(identityFile) };
  return passphraseFile === undefined ? null : { passphrase: passphraseIn(passphraseFile) };
}

function targetOf({ secrets, recipient, passphraseFile }: ExportOptions): AgeTarget | null {
  const target =
    recipient !== undefined
      ? { recipient }
      : passphraseFile === undefined
        ? null
        : { passphrase: passphraseIn(passphraseFile) };
  if (secrets && !target)
    throw new CommandFailure(
      EXIT.usage,
      '--secrets needs --recipient or --passphrase-file: the file is encrypted.',
    );
  if (!secrets && target) throw new CommandFailure(EXIT.usage, 'Only a file with --secrets is encrypted.');
  return target;
}

/**
 * Returns the first identity in a file as `age-keygen` writes it, which has comments. It is checked here, because the
 * library repeats an identity that is mistyped in its message.
 */
function identityIn(file: string): string {
  const lines = contentOf(file).split(/\r?\n/);
  const identity = lines.find((line) => line.startsWith('AGE-SECRET-KEY-'))?.trim();
  try {
    if (identity !== undefined) {
      assertIdentity(identity);
      return identity;
    }
  } catch {
    // The fault is reported below.
  }
  throw new CommandFailure(EXIT.dataError, `${file} contains no valid identity of age.`);
}

/** Returns the content of a file without the final line break. A blank one protects nothing. */
function passphraseIn(file: string): string {
  const passphrase = contentOf(file).replace(/\r?\n$/, '');
  if (passphrase.trim() === '') throw new CommandFailure(EXIT.dataError, `${file} contains no passphrase.`);
  return passphrase;
}

function contentOf(file: string): string {
  assertReadable(file);
  return readFileSync(file, 'utf8');
}

async function countLines(bytes: AsyncIterable<Uint8Array>): Promise<number> {
  let lines = 0;
  try {
    for await (const _ of textLines(bytes, MAX_LINE)) lines += 1;
  } catch (error) {
    if (error instanceof CommandFailure) throw error;
    throw new CommandFailure(EXIT.dataError, `The file cannot be read: ${(error as Error).message}`);
  }
  return lines;
}
