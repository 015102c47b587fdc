import { generateX25519Identity } from 'age-encryption';
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../test/support/files/temporary-folder.js';
import type { Failure } from '../../app/failure.js';
import { commandFault } from '../command-fault.js';
import { EXIT } from '../exit-codes.js';
import { operatorProgram } from '../operator-program.js';

/** The fault of a command that ends before it looks for a database. */
async function faultOf(...args: string[]): Promise<Failure> {
  const error: unknown = await operatorProgram()
    .parseAsync(args, { from: 'user' })
    .catch((thrown: unknown) => thrown);
  return commandFault(error);
}

async function file(name: string, text: string): Promise<string> {
  const path = join(await temporaryFolder(), name);
  await writeFile(path, text);
  return path;
}

describe('An import', () => {
  const sentence = (path: string) =>
    `${path} is not a regular file; it must be one, because it is read twice.`;

  it('is refused from a pipe, of which nothing would be left after the lines are counted', async () => {
    const pipe = join(await temporaryFolder(), 'accounts.ndjson');
    execFileSync('mkfifo', [pipe]);
    expect(await faultOf('import', pipe)).toEqual({ exitCode: EXIT.noInput, lines: [sentence(pipe)] });
  });

  it('is refused from a device', async () => {
    expect(await faultOf('import', '/dev/null')).toEqual({
      exitCode: EXIT.noInput,
      lines: [sentence('/dev/null')],
    });
  });
});

describe('What encrypts a file', () => {
  const blank = (path: string) => ({
    exitCode: EXIT.dataError,
    lines: [`${path} contains no passphrase.`],
  });

  it.each(['', '\n', '\r\n', ' \t\n\n'])('is not the passphrase %j', async (text) => {
    const passphrase = await file('passphrase', text);
    const accounts = await file('accounts.age', '');
    const target = join(await temporaryFolder(), 'accounts.age');
    expect(await faultOf('export', target, '--secrets', '--passphrase-file', passphrase)).toEqual(
      blank(passphrase),
    );
    expect(await faultOf('import', accounts, '--passphrase-file', passphrase)).toEqual(blank(passphrase));
  });

  it('is not shown if it is an identity that is mistyped', async () => {
    const identity = await generateX25519Identity();
    const accounts = await file('accounts.age', '');
    const mistyped = [identity.slice(0, -1), `${identity}Q`, identity.replace('KEY-1', 'KEY-2'), 'a note'];
    for (const text of mistyped) {
      const key = await file('key.txt', `# created: today\n${text}\n`);
      expect(await faultOf('import', accounts, '--identity-file', key)).toEqual({
        exitCode: EXIT.dataError,
        lines: [`${key} contains no valid identity of age.`],
      });
    }
  });
});
