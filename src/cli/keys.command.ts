import type { Command } from 'commander';
import { KEY_REFRESH_SECONDS } from '../sessions/keys/key-schedule.js';
import { KeyRotation } from '../sessions/keys/key-rotation.js';
import { type OperatorOptions, originOf, withOperatorOptions } from './operator-options.js';
import { printResult } from './terminal/output.js';
import { withService } from './with-service.js';

/** Adds the command that rotates the signing key. */
export function addKeysCommand(program: Command): void {
  withOperatorOptions(program.command('keys:rotate'))
    .description('publish a new signing key, which is used once every verifier can know it')
    .action(async (options: OperatorOptions) => {
      await withService(async (find) => {
        const rotation = await find(KeyRotation).rotate(originOf(options));
        const { kid, signsFrom, dropped } = rotation;
        const text =
          `Created key ${kid}. Every instance publishes it within ${KEY_REFRESH_SECONDS} seconds and signs with it from ` +
          `${signsFrom.toISOString()} on. Keys removed: ${dropped.join(', ') || 'none'}.`;
        printResult(options, text, rotation);
      });
    });
}
