import { type WeightedItem, weightedItems } from './weighted-items.js';

interface Range {
  readonly type: string;
  readonly subtype: string;
  readonly quality: number;
}

/** How a field ranks a media type. */
interface Rank {
  /** From 0, not acceptable, to 1. */
  readonly quality: number;
  /** 2 if the field names the type, 1 if it names all of its kind, 0 otherwise. */
  readonly exactness: number;
  /** At which place the field names the type; 0 if it does not. */
  readonly place: number;
}

/**
 * Whether an `Accept` field ranks one media type above another, which is the default (RFC 9110 section 12.5.1). Of two types of
 * the same quality, the one that is named more exactly ranks higher, and of two that are named, the first. False if neither is.
 */
export function prefers(accept: string | undefined, mediaType: string, defaultType: string): boolean {
  const ranges = weightedItems(accept).map(rangeOf);
  const [wanted, other] = [rankOf(ranges, mediaType), rankOf(ranges, defaultType)];
  if (wanted.quality !== other.quality) return wanted.quality > other.quality;
  if (wanted.exactness !== other.exactness) return wanted.quality > 0 && wanted.exactness > other.exactness;
  return wanted.quality > 0 && wanted.place < other.place;
}

function rangeOf({ name, weight }: WeightedItem): Range {
  const [type = '', subtype = ''] = name.split('/');
  return { type, subtype, quality: weight };
}

/** The rank by the most exact range that matches the type. */
function rankOf(ranges: readonly Range[], mediaType: string): Rank {
  const [type, subtype] = mediaType.split('/');
  const ofType = ranges.filter((range) => range.type === type);
  const named = ofType.find((range) => range.subtype === subtype);
  if (named) return { quality: named.quality, exactness: 2, place: ranges.indexOf(named) };
  const ofKind = ofType.find((range) => range.subtype === '*');
  if (ofKind) return { quality: ofKind.quality, exactness: 1, place: 0 };
  const any = ranges.find((range) => range.type === '*' && range.subtype === '*');
  return { quality: any?.quality ?? 0, exactness: 0, place: 0 };
}
