import { reportFault } from './command-fault.js';
import { operatorProgram } from './operator-program.js';

/** Runs one operator command; writes a failure to stderr and returns the exit code. */
export async function runCommand(words: readonly string[]): Promise<number> {
  try {
    await operatorProgram().parseAsync(words, { from: 'user' });
    return 0;
  } catch (error) {
    return reportFault(error);
  }
}
