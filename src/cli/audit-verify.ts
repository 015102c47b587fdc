import 'reflect-metadata';
import { ignoreClosedOutput } from './output.js';
import { runVerification } from './run-verification.js';

ignoreClosedOutput();
process.exitCode = await runVerification(process.argv.slice(2));
