import { existsSync } from 'node:fs';
import { CommandFailure, EXIT } from './exit-codes.js';

/** Ends the command if a file that it is to read does not exist. */
export function assertReadable(file: string): void {
  if (!existsSync(file)) throw new CommandFailure(EXIT.noInput, `${file} does not exist.`);
}
