import 'reflect-metadata';
import { ignoreClosedOutput } from './terminal/output.js';
import { runCommand } from './run-command.js';

ignoreClosedOutput();
process.exitCode = await runCommand(process.argv.slice(2));
