import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../test/support/files/temporary-folder.js';
import { type CommandFault, commandFault } from './command-fault.js';
import { EXIT } from './exit-codes.js';
import { operatorProgram } from './operator-program.js';

/** The fault of a command that ends before it looks for a database. */
async function faultOf(...args: string[]): Promise<CommandFault> {
  const error: unknown = await operatorProgram()
    .parseAsync(args, { from: 'user' })
    .catch((thrown: unknown) => thrown);
  return commandFault(error);
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
