import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  AccountDirectory,
  type AccountSummary,
  type AccountView,
} from '../../admin/directory/account-directory.js';
import { ACCOUNT_STATUSES, type AccountStatus } from '../../admin/directory/account-status.js';
import { isSearch, SEARCH_LENGTH } from '../../admin/dto/list-accounts.dto.js';
import { ROLES, type Role } from '../../platform/access/principal.js';
import { accountName, withJson } from '../operator-options.js';
import { printResult } from '../terminal/output.js';
import { withService } from '../with-service.js';

interface ListOptions {
  readonly json?: true;
  readonly search?: string;
  readonly role?: Role;
  readonly status?: AccountStatus;
  readonly limit: number;
}

/** The default of `--limit`, and the number of accounts that are read at a time. */
const USUAL_LIMIT = 50;
const PAGE = 200;

/** Adds the commands that read accounts. */
export function addUserReadingCommands(users: Command): void {
  withJson(users.command('list'))
    .description('list accounts in the order of their ids; with --search, of what matches')
    .option('--search <text>', 'prefix of the e-mail address or display name, case-insensitive', searchText)
    .addOption(new Option('--role <role>', 'only accounts with this role').choices(ROLES))
    .addOption(new Option('--status <status>', 'only accounts with this status').choices(ACCOUNT_STATUSES))
    .option('--limit <count>', 'maximum number of accounts', count, USUAL_LIMIT)
    .action(async (options: ListOptions) => {
      await withService(async (find) => {
        for await (const account of listed(find(AccountDirectory), options))
          printResult(options, lineOf(account), account);
      });
    });
  withJson(users.command('show'))
    .description('show one account')
    .argument('<account>', 'e-mail address or id', accountName)
    .action(async (who: string, options: { readonly json?: true }) => {
      await withService(async (find) => {
        const account = await find(AccountDirectory).show(who);
        printResult(options, pageOf(account), account);
      });
    });
}

async function* listed(
  directory: AccountDirectory,
  { limit, search, role, status }: ListOptions,
): AsyncGenerator<AccountSummary> {
  const filter = { ...(search && { search }), ...(role && { role }), ...(status && { status }) };
  let left = limit;
  let cursor: string | undefined;
  do {
    const page = await directory.page(filter, Math.min(left, PAGE), cursor);
    yield* page.items;
    left -= page.items.length;
    cursor = page.nextCursor ?? undefined;
  } while (left > 0 && cursor !== undefined);
}

const lineOf = ({ id, email, status, roles }: AccountSummary) =>
  [id, status, roles.join(','), email].join('\t');

const pageOf = ({ factors, apiKeys, ...members }: AccountView) =>
  Object.entries({ ...members, factors: namesOf(factors), apiKeys: namesOf(apiKeys) })
    .map(([name, value]) => `${name}: ${String(value ?? '-')}`)
    .join('\n');

const namesOf = (items: readonly { readonly id: string; readonly name: string }[]) =>
  items.length === 0 ? null : items.map(({ id, name }) => `${name} (${id})`).join(', ');

function searchText(text: string): string {
  if (text !== '' && isSearch(text)) return text.normalize('NFC');
  throw new InvalidArgumentError(`It must have 1 to ${SEARCH_LENGTH} characters.`);
}

function count(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number of at least 1.');
}
