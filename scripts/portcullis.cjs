#!/usr/bin/env node
// The command line of the package: start, ephemeral, admin. CommonJS for the reason in start.cjs.
const COMMANDS = {
  start: () => require('./start.cjs'),
  ephemeral: () => import('./ephemeral.mjs'),
  admin: () => import('./operator.mjs'),
};
COMMANDS[process.argv[2]]?.();
