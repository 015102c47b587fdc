import 'reflect-metadata';
import { ignoreClosedOutput } from './terminal/output.js';
import { runVerification } from './run-verification.js';

ignoreClosedOutput();
process.exitCode = await runVerification(process.argv.slice(2));
