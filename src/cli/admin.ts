import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { INestApplicationContext } from '@nestjs/common';
import { AppModule } from '../app/app.module.js';
import { AccountAdministration } from '../admin/account-administration.js';
import { KeyRotation } from '../sessions/keys/key-rotation.js';
import { NewPassword } from '../auth/credentials/passwords/new-password.js';
import { KEY_REFRESH_SECONDS } from '../sessions/keys/key-schedule.js';
import { failureOf } from '../app/failure.js';
import { type Arguments, type CommandName, readArguments, Usage, USAGE } from './arguments.js';
import { storedSecret } from '../platform/config/generated-secrets.js';
import { loadEnvironment } from '../platform/config/load-environment.js';
import { databaseName } from '../platform/database/database-name.js';
import { prepareExistingDatabase } from '../platform/database/existing-database.js';
import { PlatformErrors } from '../platform/errors/platform.errors.js';
import { Problem } from '../platform/errors/problem.js';
import { internalOrigin } from '../platform/http/origin.js';
import { BlockRemoval } from '../rate-limit/blocks/block-removal.js';
import { UsersRepository } from '../users/users.repository.js';

type Command = (app: INestApplicationContext, given: Arguments) => Promise<string>;

const EXIT_USAGE = 64;

const ORIGIN = internalOrigin('operator');

const accounts = (app: INestApplicationContext) => app.get(AccountAdministration, { strict: false });

const COMMANDS: Readonly<Record<CommandName, Command>> = {
  'keys:rotate': async (app) => {
    const { kid, signsFrom, dropped } = await app.get(KeyRotation, { strict: false }).rotate();
    return `The key ${kid} is made. Every instance publishes it within ${KEY_REFRESH_SECONDS} seconds, and signs with it from ${signsFrom.toISOString()} on. Keys dropped: ${dropped.join(', ') || 'none'}.`;
  },
  disable: async (app, { email }) => {
    await accounts(app).disable(email, ORIGIN);
    return 'The account is disabled and its sessions are over.';
  },
  enable: async (app, { email }) => {
    await accounts(app).enable(email, ORIGIN);
    return 'The account may sign in again.';
  },
  delete: async (app, { email }) => {
    await accounts(app).delete(email, ORIGIN);
    return 'The account is deleted and its sessions are over.';
  },
  unlock: async (app, { email }) => {
    await accounts(app).unlock(email, ORIGIN);
    return 'The count of failed logins is reset.';
  },
  roles: async (app, { email, roles }) => {
    await accounts(app).setRoles(email, roles, ORIGIN);
    const isLastGone = !(await app.get(UsersRepository, { strict: false }).someoneHas('admin'));
    return `The account has the roles ${roles.join(', ')}.${isLastGone ? ' Nobody is an administrator now.' : ''}`;
  },
  'set-password': async (app, { email }) => {
    const passwords = app.get(NewPassword, { strict: false });
    const password = (await readAll(process.stdin)).replace(/\r?\n$/, '');
    const fault = await passwords.faultOf(password, email);
    if (fault) throw new Refused(fault);
    const isOpen = await accounts(app).setPasswordHash(email, await passwords.hash(password), ORIGIN);
    const state = isOpen ? 'open' : 'still disabled (see enable)';
    return `The password is set, the account is ${state}, and its sessions are over.`;
  },
  unblock: async (app, { network }) => {
    const wasBlocked = await app.get(BlockRemoval, { strict: false }).ofNetwork(network, ORIGIN);
    return wasBlocked ? `${network} may call again.` : `${network} was not blocked.`;
  },
};

/** What an operator asked for and cannot have, in a sentence for them. */
class Refused extends Error {}

process.exitCode = await run(process.argv.slice(2)).catch(report);

/** Runs one command over the same application that serves requests, so that its events are recorded the same way. */
async function run(words: readonly string[]): Promise<number> {
  if (words.some((word) => word === '--help' || word === '-h')) {
    process.stdout.write(USAGE);
    return 0;
  }
  const given = readArguments(words);
  const environment = loadEnvironment(undefined, undefined, storedSecret);
  // The first administrator is the service's affair, and a command would only complain of it.
  environment.BOOTSTRAP_ADMIN_EMAIL = environment.BOOTSTRAP_ADMIN_PASSWORD = undefined;
  // To stderr, as all that is not the command's answer.
  process.stderr.write(`Database: ${databaseName(environment)}\n`);
  const database = await prepareExistingDatabase(environment);
  try {
    const app = await NestFactory.createApplicationContext(AppModule.with(database.environment), {
      // Which go to stderr; stdout is the command's answer.
      logger: ['error'],
      abortOnError: false,
    });
    try {
      process.stdout.write(`${await COMMANDS[given.command](app, given)}\n`);
    } finally {
      await app.close();
    }
  } finally {
    await database.stop();
  }
  return 0;
}

function report(error: unknown): number {
  if (error instanceof Usage) {
    process.stderr.write(`${error.message}\n\n${USAGE}`);
    return EXIT_USAGE;
  }
  if (error instanceof Refused || isUnknownAccount(error)) {
    process.stderr.write(
      `${error instanceof Refused ? error.message : 'There is no account with this address.'}\n`,
    );
    return 1;
  }
  const { exitCode, lines } = failureOf(error);
  process.stderr.write(`${lines.join('\n')}\n`);
  return exitCode;
}

function isUnknownAccount(error: unknown): boolean {
  return error instanceof Problem && error.row === PlatformErrors.not_found;
}

async function readAll(stream: NodeJS.ReadStream): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
