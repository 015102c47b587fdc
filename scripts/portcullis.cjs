#!/usr/bin/env node
// The command line of the package. CommonJS on purpose, see start.cjs.
const [, , command] = process.argv;

const COMMANDS = {
  start: () => require('./start.cjs'),
  ephemeral: () => import('./ephemeral.mjs'),
  admin: () => import('./operator.mjs'),
};
const USAGE = `Usage: portcullis <command>

  start        the service; its configuration is in the environment or in .env
  ephemeral    a throwaway service for tests, see portcullis ephemeral --help
  admin        commands for operators, see portcullis admin --help
`;

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
