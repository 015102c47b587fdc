import 'reflect-metadata';
import { commandFault } from './command-fault.js';
import { operatorProgram } from './operator-program.js';
import { ignoreClosedOutput } from './output.js';

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
