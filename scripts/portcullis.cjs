#!/usr/bin/env node
// The command line of the package. CommonJS on purpose, see start.cjs.
const [, , command] = process.argv;

/** The options of `npm start`. */
const NODE_OPTIONS = ['--disable-sigusr1', '--max-semi-space-size=8'];

const COMMANDS = {
  start,
  ephemeral: () => import('./ephemeral.mjs'),
  admin: () => import('./operator.mjs'),
  migrate: () => import('./migrate.mjs'),
  verify: () => import('./audit-verify.mjs'),
  scan: () => import('./scan.mjs'),
};
const USAGE = `Usage: portcullis <command>

  start        the service; its configuration is in the environment or in .env
  ephemeral    a throwaway service for tests, see portcullis ephemeral --help
  admin        commands for operators, see portcullis admin --help
  migrate      runs the migrations, see portcullis migrate --help
  verify       verifies the audit trail, see portcullis verify --help
  scan         finds API keys in files, see portcullis scan --help
`;

/** Replaces this process, because V8 reads these options before it runs any code; Windows cannot do that. */
function start() {
  if (process.execve === undefined || process.platform === 'win32') return require('./start.cjs');
  const program = require.resolve('./start.cjs');
  return process.execve(process.execPath, [process.execPath, ...NODE_OPTIONS, program], process.env);
}

/** `EX_USAGE` of sysexits.h. */
const EXIT_USAGE = 64;

// The program of a command finds its own words only.
process.argv.splice(2, 1);
if (Object.hasOwn(COMMANDS, command)) COMMANDS[command]();
else {
  const asked = command === '--help' || command === '-h';
  (asked ? process.stdout : process.stderr).write(USAGE);
  process.exitCode = asked ? 0 : EXIT_USAGE;
}
