import ipaddr from 'ipaddr.js';
import { canonicalIp } from './ip-address.js';

/** Bits of an IPv4-mapped IPv6 address before the IPv4 address. */
const MAPPED_BITS = 96;

/** A set of address blocks, parsed once. Blocks within `::ffff:0:0/96` are treated as the equivalent IPv4 blocks. */
export class CidrList {
  private readonly blocks: readonly [ipaddr.IPv4 | ipaddr.IPv6, number][];

  /** Takes `address` or `address/bits` as validated by the environment; throws a RangeError for anything else. */
  constructor(blocks: readonly string[]) {
    this.blocks = blocks.map(parseBlock);
  }

  /** Returns whether a canonical address is in one of the blocks. */
  includes(ip: string): boolean {
    if (this.blocks.length === 0) return false;
    const address = ipaddr.parse(ip);
    return this.blocks.some((block) => block[0].kind() === address.kind() && address.match(block));
  }

  /** Returns whether all addresses of a block are in one of the blocks. Throws a RangeError as the constructor does. */
  covers(block: string): boolean {
    const [first, bits] = parseBlock(block);
    return this.blocks.some(
      ([address, length]) =>
        length <= bits && address.kind() === first.kind() && first.match([address, length]),
    );
  }
}

function parseBlock(block: string): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  const [text = '', bits] = block.split('/');
  const ip = canonicalIp(text);
  if (ip === null) throw new RangeError(`${block} is not an address block.`);
  const address = ipaddr.parse(ip);
  const width = address.kind() === 'ipv4' ? 32 : 128;
  const bitsOutside = width === 32 && text.includes(':') ? MAPPED_BITS : 0;
  return [address, bits === undefined ? width : Number(bits) - bitsOutside];
}
