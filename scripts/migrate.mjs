// `portcullis migrate`: what `npm run migration:run` and `npm run migration:revert` do in a checkout, for the installed package.
const USAGE = `Usage: portcullis migrate [--revert]

Runs the pending migrations as the role of DATABASE_MIGRATION_URL, or else of DATABASE_URL, and grants the role of DATABASE_URL
its privileges. With --revert, undoes the latest migration, and deletes the data that only it has room for.

Exit codes: 0 success; 1 a migration failed, or was interrupted by a signal; 64 wrong usage; 78 wrong configuration.
`;

/** `EX_USAGE` of sysexits.h. */
const EXIT_USAGE = 64;

const COMMANDS = { '': 'migration:run', '--revert': 'migration:revert' };

const words = process.argv.splice(2).join(' ');
if (Object.hasOwn(COMMANDS, words)) {
  process.argv.push(COMMANDS[words]);
  await import('./typeorm.mjs');
} else {
  const asked = words === '--help' || words === '-h';
  (asked ? process.stdout : process.stderr).write(USAGE);
  process.exitCode = asked ? 0 : EXIT_USAGE;
}
