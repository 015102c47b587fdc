import { accessSync, constants, statSync } from 'node:fs';
import { CommandFailure, EXIT } from '../exit-codes.js';

/** Ends the command if a file that it is to read does not exist, is a folder, or may not be read. A pipe is accepted. */
export function assertReadable(file: string): void {
  const code = faultOf(file);
  if (code === 'ENOENT') throw new CommandFailure(EXIT.noInput, `${file} does not exist.`);
  if (code !== null) throw new CommandFailure(EXIT.noInput, `${file} cannot be read (${code}).`);
}

/** Like {@link assertReadable} for a file that is read twice, so that a pipe, which gives its content once, is refused. */
export function assertReadableTwice(file: string): void {
  assertReadable(file);
  if (!statSync(file).isFile())
    throw new CommandFailure(
      EXIT.noInput,
      `${file} is not a regular file; it must be one, because it is read twice.`,
    );
}

/** The file is not opened, because what is opened twice may be a pipe. */
function faultOf(file: string): string | null {
  try {
    accessSync(file, constants.R_OK);
    return statSync(file).isDirectory() ? 'EISDIR' : null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}
