import { BlockList } from 'node:net';
import { canonicalIp } from './ip-address.js';

/** A set of address blocks, parsed once; blocks within `::ffff:0:0/96` count as the IPv4 blocks that they are. */
export class CidrList {
  private readonly blocks = new BlockList();

  /** Takes `address` or `address/bits` as validated by the environment; throws a RangeError for anything else. */
  constructor(blocks: readonly string[]) {
    for (const block of blocks) this.add(block);
  }

  /** Whether a canonical address lies in one of the blocks. */
  includes(ip: string): boolean {
    return this.blocks.check(ip, ip.includes(':') ? 'ipv6' : 'ipv4');
  }

  private add(block: string): void {
    const [text = '', bits] = block.split('/');
    const ip = canonicalIp(text);
    if (ip === null) throw new RangeError(`${block} is not an address block.`);
    const family = ip.includes(':') ? 'ipv6' : 'ipv4';
    const bitsOutside = family === 'ipv4' && text.includes(':') ? 96 : 0;
    this.blocks.addSubnet(ip, bits === undefined ? widthOf(family) : Number(bits) - bitsOutside, family);
  }
}

const widthOf = (family: 'ipv4' | 'ipv6') => (family === 'ipv4' ? 32 : 128);
