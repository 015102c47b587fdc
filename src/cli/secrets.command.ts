import type { Command } from 'commander';
import { AuditService } from '../audit/audit.service.js';
import { type Forgetting, SecretReport, type SecretState } from '../platform/secret-keys/secret-report.js';
import { CommandFailure, EXIT } from './exit-codes.js';
import { type OperatorOptions, originOf, withJson, withOperatorOptions } from './operator-options.js';
import { printResult } from './terminal/output.js';
import { withService } from './with-service.js';

interface ReportOptions {
  readonly json?: true;
  readonly check?: true;
}

const REFUSALS: Readonly<Record<Exclude<Forgetting, 'forgotten'>, string>> = {
  unknown: 'No secret with this key id is in use.',
  current: 'This secret is in use: an instance made values with it within the last minute.',
  unfinished: 'The service is still rewriting what depends on this secret; try again in a minute.',
};

/** Adds the commands about the master secret and the pepper. */
export function addSecretsCommand(program: Command): void {
  const secrets = withJson(program.command('secrets'))
    .description('what depends on which value of JWT_SECRET_KEY and PASSWORD_PEPPER')
    .option('--check', `exit with ${EXIT.unfinished} while something depends on a former value`)
    .helpCommand(false)
    .action(async (options: ReportOptions) => {
      const states = await withService((find) => find(SecretReport).read());
      if (options.json) for (const state of states) printResult(options, '', state);
      else printResult(options, states.map(lineOf).join('\n'));
      if (options.check && states.some(({ isCurrent }) => !isCurrent))
        throw new CommandFailure(EXIT.unfinished, 'Stored data still depends on a former secret.');
    });
  withOperatorOptions(secrets.command('forget <key-id>'))
    .description(
      'delete what depends on a former value and cannot be rewritten, such as passwords and recovery codes',
    )
    .action(async (keyId: string, options: OperatorOptions) => {
      await withService(async (find) => {
        const outcome = await find(SecretReport).forget(keyId, async (tx, state) => {
          await find(AuditService).record(tx, {
            type: 'secret_forgotten',
            outcome: 'success',
            origin: originOf(options),
            details: { variable: state.variable, keyId, deleted: { ...state.dependants } },
          });
        });
        if (outcome !== 'forgotten') throw new CommandFailure(EXIT.refused, REFUSALS[outcome]);
        printResult(options, `Forgot ${keyId}. It can be removed from the configuration.`, { keyId });
      });
    });
}

function lineOf({ variable, keyId, isCurrent, dependants }: SecretState): string {
  const kinds = Object.entries(dependants).map(([kind, number]) => `${number} ${kind}`);
  return `${variable}  ${keyId}  ${isCurrent ? 'current' : 'former'}  ${kinds.join(', ') || 'nothing'}`;
}
