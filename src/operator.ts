import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { INestApplicationContext } from '@nestjs/common';
import { AppModule } from './app.module.js';
import { AccountAdministration } from './auth/administration/account-administration.js';
import { KeyRotation } from './auth/keys/key-rotation.js';
import { NewPassword } from './auth/passwords/new-password.js';
import { ROLES, type Role } from './platform/access/principal.js';
import { ConfigurationFault, EXIT_CONFIG } from './platform/config/configuration-fault.js';
import { loadEnvironment } from './platform/config/load-environment.js';
import { prepareDatabase } from './platform/database/prepare-database.js';
import { PlatformErrors } from './platform/errors/platform.errors.js';
import { Problem } from './platform/errors/problem.js';
import { canonicalAddress, networkOf } from './platform/http/ip-address.js';
import { internalOrigin } from './platform/http/origin.js';
import { BlockLifting } from './rate-limit/blocks/block-lifting.js';
import { canonicalEmail } from './users/canonical-email.js';

type Command = (app: INestApplicationContext, argument: string, rest: readonly string[]) => Promise<string>;

const ORIGIN = internalOrigin('operator');

const accounts = (app: INestApplicationContext) => app.get(AccountAdministration, { strict: false });

const COMMANDS: Readonly<Record<string, Command>> = {
  'keys:rotate': async (app) => {
    const { kid, signsFrom, dropped } = await app.get(KeyRotation, { strict: false }).rotate();
    return `The key ${kid} is published and signs from ${signsFrom.toISOString()}. Keys dropped: ${dropped.join(', ') || 'none'}.`;
  },
  disable: async (app, email) => {
    await accounts(app).disable(email, ORIGIN);
    return 'The account is disabled and its sessions are over.';
  },
  enable: async (app, email) => {
    await accounts(app).enable(email, ORIGIN);
    return 'The account may sign in again.';
  },
  delete: async (app, email) => {
    await accounts(app).delete(email, ORIGIN);
    return 'The account is deleted and its sessions are over.';
  },
  unlock: async (app, email) => {
    await accounts(app).unlock(email, ORIGIN);
    return 'The count of failed logins is reset.';
  },
  roles: async (app, email, rest) => {
    const roles = rest.filter((role): role is Role => ROLES.includes(role as Role));
    if (roles.length === 0 || roles.length < rest.length) throw new Usage();
    await accounts(app).setRoles(email, roles, ORIGIN);
    return `The account has the roles ${roles.join(', ')}.`;
  },
  'set-password': async (app, email) => {
    const passwords = app.get(NewPassword, { strict: false });
    const password = (await readAll(process.stdin)).replace(/\r?\n$/, '');
    const fault = passwords.faultOf(password, email);
    if (fault) throw new Refused(fault);
    await accounts(app).setPasswordHash(email, await passwords.hash(password), ORIGIN);
    return 'The password is set, the account is open, and its sessions are over.';
  },
  unblock: async (app, text) => {
    const address = canonicalAddress(text.replace(/\/64$/, ''));
    if (address === null) throw new Usage();
    const network = networkOf(address);
    const wasBlocked = await app.get(BlockLifting, { strict: false }).ofNetwork(network, ORIGIN);
    return wasBlocked ? `${network} may call again.` : `${network} was not blocked.`;
  },
};

const USAGE = `npm run admin -- <command> <e-mail address>

  disable        keep the account from signing in, end its sessions
  enable         let it sign in again
  delete         remove the account, end its sessions
  unlock         reset its count of failed logins
  roles          give it exactly these roles: ${ROLES.join(', ')}
  set-password   read a new password from standard input, end its sessions

npm run admin -- unblock <IP address>
  let an address in again that the service blocked in answer to an alert

npm run keys:rotate
  publish a new signing key, which takes over once every verifier can know it
`;

class Usage extends Error {}
class Refused extends Error {}

const [name = '', argument = '', ...rest] = process.argv.slice(2);
process.exitCode = await run(COMMANDS[name]).catch(report);

/** Runs one command over the same application that serves requests, so that its events are recorded the same way. */
async function run(command: Command | undefined): Promise<number> {
  if (!command || (name !== 'keys:rotate' && argument === '')) throw new Usage();
  const database = await prepareDatabase(loadEnvironment());
  try {
    const app = await NestFactory.createApplicationContext(AppModule.with(database.environment), {
      // Which go to stderr; stdout is the command's answer.
      logger: ['error'],
      abortOnError: false,
    });
    try {
      process.stdout.write(`${await command(app, canonicalEmail(argument), rest)}\n`);
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
    process.stderr.write(USAGE);
    return 64;
  }
  if (error instanceof ConfigurationFault) {
    process.stderr.write(`${error.faults.join('\n')}\n`);
    return EXIT_CONFIG;
  }
  const unknownAccount = error instanceof Problem && error.row === PlatformErrors.not_found;
  process.stderr.write(`${unknownAccount ? 'There is no account with this address.' : String(error)}\n`);
  return 1;
}

async function readAll(stream: NodeJS.ReadStream): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
