import { type Command, InvalidArgumentError } from 'commander';
import { readGateRules } from '../../gateway/rules/gate-rules.js';
import { storedSecret } from '../../platform/config/generated-secrets.js';
import { loadEnvironment } from '../../platform/config/load-environment.js';
import { CommandFailure, EXIT } from '../exit-codes.js';
import { type CheckResult, gateCheck } from './gate-check.js';
import type { GateCheckSubject } from './gate-checks.js';
import { printResult } from '../terminal/output.js';
import { readSecret } from '../terminal/terminal-input.js';

interface Options {
  readonly rule: string;
  readonly silent?: URL;
  readonly json?: true;
}

/** Exit code if a check failed. */
const FAILED = 1;

/**
 * Adds the command that tries an operator's proxy. It needs the rules file and the other variables with which the service
 * starts, and no database.
 */
export function addGateCheckCommand(program: Command): void {
  program
    .command('gate:check')
    .description(
      'send requests that have bypassed other gateways through the proxy of an application, and report the results',
    )
    .argument('<url>', 'a page of the application behind the proxy that answers GET with 2xx', url)
    .requiredOption('--rule <name>', 'the rule that the proxy asks for')
    .option('--silent <url>', 'a page for which the proxy asks the rule gate-check-silent', url)
    .option('--json', 'print the results as JSON')
    .addHelpText(
      'after',
      '\nReads an access token that opens the rule from standard input, and the variables with which the service starts. Exit codes: 0 all checks passed; 1 a check failed; 64 no such rule; 66 no token; 69 not reached; 78 wrong configuration.',
    )
    .action(async (page: URL, options: Options) => {
      const results = await resultsOf(await subjectOf(page, options));
      printResult(options, results.map(lineOf).join('\n'), { results });
      const failed = results.filter(({ held }) => !held).length;
      if (failed > 0) throw new CommandFailure(FAILED, `${failed} of ${results.length} checks failed.`);
    });
}

async function subjectOf(page: URL, { rule: name, silent }: Options): Promise<GateCheckSubject> {
  const environment = loadEnvironment(undefined, undefined, storedSecret);
  const rule = (await readGateRules(environment)).find(name);
  if (!rule) throw new CommandFailure(EXIT.usage, `GATEWAY_RULES_FILE has no rule ${name}.`);
  const { COOKIE_SECURE, LOGIN_URL } = environment;
  return {
    url: page,
    rule,
    token: (await readSecret('Access token', process.stdin, process.stderr)).trim(),
    cookie: `${COOKIE_SECURE ? '__Host-' : ''}access_token`,
    ...(silent && { silentUrl: silent }),
    ...(LOGIN_URL !== undefined && { loginUrl: LOGIN_URL }),
  };
}

async function resultsOf(subject: GateCheckSubject): Promise<CheckResult[]> {
  try {
    return await gateCheck(subject);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new CommandFailure(EXIT.unavailable, `${subject.url.origin} was not reached (${code ?? message}).`);
  }
}

const lineOf = ({ what, held, because }: CheckResult) =>
  held ? `passed  ${what}` : `FAILED  ${what}: ${because}`;

function url(text: string): URL {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text))
    throw new InvalidArgumentError('It is not a URL with http or https.');
  return new URL(text);
}
