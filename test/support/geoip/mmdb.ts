import { isIPv4 } from 'node:net';

/** The values that a record can contain; integers are unsigned, bigints are 64 bits wide. */
export type MmdbValue =
  string | number | bigint | readonly MmdbValue[] | { readonly [key: string]: MmdbValue };

export interface MmdbOptions {
  readonly type: string;
  readonly ipVersion?: 4 | 6;
}

/** Field types of the format. */
const TYPE = { string: 2, double: 3, uint16: 5, uint32: 6, map: 7, uint64: 9, array: 11 } as const;
const METADATA_MARKER = Buffer.from('\xAB\xCD\xEFMaxMind.com', 'latin1');
/** Separates the tree from the data; it is included in the tree's pointers to the data. */
const SEPARATOR = Buffer.alloc(16);

/**
 * Creates a database in the MaxMind DB format 2.0 (https://maxmind.github.io/MaxMind-DB/): a binary search tree of
 * 24-bit records over the bits of an address, the data that its leaves point to, and the metadata. Networks must not
 * overlap.
 */
export function mmdb(
  networks: Readonly<Record<string, MmdbValue>>,
  { type, ipVersion = 6 }: MmdbOptions,
): Buffer {
  const tree = new SearchTree();
  const data: Buffer[] = [];
  let offset = 0;
  for (const [network, record] of Object.entries(networks)) {
    const encoded = encode(record);
    tree.insert(bitsOf(network, ipVersion), offset);
    data.push(encoded);
    offset += encoded.length;
  }
  const metadata = map([
    ['binary_format_major_version', unsigned('uint16', 2n)],
    ['binary_format_minor_version', unsigned('uint16', 0n)],
    ['build_epoch', encode(1_767_225_600n)],
    ['database_type', encode(type)],
    ['description', encode({ en: 'Made for a test' })],
    ['ip_version', unsigned('uint16', BigInt(ipVersion))],
    ['languages', encode(['en'])],
    ['node_count', encode(tree.size)],
    ['record_size', unsigned('uint16', 24n)],
  ]);
  return Buffer.concat([tree.encoded(), SEPARATOR, ...data, METADATA_MARKER, metadata]);
}

/** Where a bit leads: to a node, to data at an offset, or nowhere. */
type Branch = { readonly node: number } | { readonly data: number } | null;

class SearchTree {
  private readonly nodes: [Branch, Branch][] = [[null, null]];

  get size(): number {
    return this.nodes.length;
  }

  insert(bits: readonly (0 | 1)[], data: number): void {
    let node = 0;
    for (const bit of bits.slice(0, -1)) node = this.descend(node, bit);
    this.nodes[node]![bits.at(-1)!] = { data };
  }

  encoded(): Buffer {
    const records = this.nodes.flat().map((branch) => {
      if (branch === null) return this.size;
      return 'node' in branch ? branch.node : this.size + SEPARATOR.length + branch.data;
    });
    return Buffer.concat(records.map((record) => bigEndian(BigInt(record), 3)));
  }

  private descend(from: number, bit: 0 | 1): number {
    const branch = this.nodes[from]![bit];
    if (branch && 'node' in branch) return branch.node;
    if (branch) throw new Error('a network lies within another one');
    const node = this.nodes.push([null, null]) - 1;
    this.nodes[from]![bit] = { node };
    return node;
  }
}

/** The leading bits of a CIDR block; in an IPv6 tree, IPv4 addresses are below `::/96`. */
function bitsOf(network: string, ipVersion: 4 | 6): (0 | 1)[] {
  const [address = '', length] = network.split('/');
  const isV4 = isIPv4(address);
  const bytes = isV4 ? address.split('.').map(Number) : bytesOfIPv6(address);
  const bits = bytes.flatMap((byte) => Array.from({ length: 8 }, (_, i) => ((byte >> (7 - i)) & 1) as 0 | 1));
  const padding = isV4 && ipVersion === 6 ? Array<0>(96).fill(0) : [];
  return [...padding, ...bits.slice(0, Number(length))];
}

function bytesOfIPv6(address: string): number[] {
  const [left = [], right = []] = address.split('::').map((half) => half.split(':').filter(Boolean));
  const hextets = [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
  return hextets.flatMap((hextet) => [...bigEndian(BigInt(`0x${hextet}`), 2)]);
}

function encode(value: MmdbValue): Buffer {
  if (typeof value === 'string') return field('string', Buffer.from(value));
  if (typeof value === 'bigint') return unsigned('uint64', value);
  if (typeof value === 'number') return encodeNumber(value);
  if (isArray(value)) return Buffer.concat([control('array', value.length), ...value.map(encode)]);
  return map(Object.entries(value).map(([key, member]) => [key, encode(member)]));
}

function encodeNumber(value: number): Buffer {
  if (Number.isInteger(value) && value >= 0) return unsigned('uint32', BigInt(value));
  const double = Buffer.alloc(8);
  double.writeDoubleBE(value);
  return field('double', double);
}

const isArray = (value: object): value is readonly MmdbValue[] => Array.isArray(value);

function map(members: readonly (readonly [key: string, encoded: Buffer])[]): Buffer {
  return Buffer.concat([
    control('map', members.length),
    ...members.flatMap(([key, encoded]) => [encode(key), encoded]),
  ]);
}

/** Encodes a number without leading zeros; zero has no bytes. */
function unsigned(type: 'uint16' | 'uint32' | 'uint64', value: bigint): Buffer {
  return field(type, bigEndian(value, value === 0n ? 0 : Math.ceil(value.toString(16).length / 2)));
}

const field = (type: keyof typeof TYPE, payload: Buffer) =>
  Buffer.concat([control(type, payload.length), payload]);

/**
 * The control byte: three bits for the type, which is extended by another byte if necessary, and five bits for the
 * size.
 */
function control(type: keyof typeof TYPE, size: number): Buffer {
  if (size > 28) throw new Error('longer than this encoder needs');
  const isExtended = TYPE[type] > 7;
  const first = ((isExtended ? 0 : TYPE[type]) << 5) | size;
  return Buffer.from(isExtended ? [first, TYPE[type] - 7] : [first]);
}

function bigEndian(value: bigint, bytes: number): Buffer {
  return Buffer.from(
    Array.from({ length: bytes }, (_, i) => Number((value >> BigInt(8 * (bytes - 1 - i))) & 255n)),
  );
}
