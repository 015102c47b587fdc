import { basename } from 'node:path';

/**
 * How a usage names a command: as users of the installed package call it if they did (`portcullis`, which may be a link without
 * the file's extension), or else as it is called in a checkout.
 */
export function commandName(inPackage: string, inCheckout: string): string {
  const program = basename(process.argv[1] ?? '', '.cjs');
  return program === 'portcullis' ? inPackage : inCheckout;
}
