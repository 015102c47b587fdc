import { type Command, InvalidArgumentError } from 'commander';
import { canonicalIp, networkOf } from '../platform/http/client-ip/ip-address.js';
import { BlockRemoval } from '../rate-limit/blocks/block-removal.js';
import { type OperatorOptions, originOf, withOperatorOptions } from './operator-options.js';
import { printResult } from './terminal/output.js';
import { withService } from './with-service.js';

/** Adds the command that ends the block of a client address. */
export function addUnblockCommand(program: Command): void {
  withOperatorOptions(program.command('unblock'))
    .description('remove the block of an IP address that was blocked in response to an alert')
    .argument('<ip>', 'IP address; IPv6 is blocked by /64', network)
    .action(async (address: string, options: OperatorOptions) => {
      await withService(async (find) => {
        const wasBlocked = await find(BlockRemoval).ofNetwork(address, originOf(options));
        const text = wasBlocked ? `${address} is no longer blocked.` : `${address} was not blocked.`;
        printResult(options, text, { address, wasBlocked });
      });
    });
}

function network(text: string): string {
  const address = canonicalIp(text.replace(/\/64$/, ''));
  if (address === null) throw new InvalidArgumentError('It is not an IP address.');
  return networkOf(address);
}
