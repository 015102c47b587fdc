/** Seals read per query once the first one has turned out to be forged. */
const PAGE = 20;

/** A part of the seals that match, in their order. */
export interface SealPage {
  readonly limit: number;
  readonly skip: number;
}

/**
 * Returns the first of the seals that match which is genuine; null if none is. The service's database role may insert any row,
 * so that any number of forged seals can precede it.
 */
export async function firstGenuine<T>(
  read: (page: SealPage) => Promise<T[]>,
  isGenuine: (seal: T) => Promise<boolean>,
): Promise<T | null> {
  let skip = 0;
  for (let limit = 1; ; limit = PAGE) {
    const page = await read({ limit, skip });
    for (const seal of page) if (await isGenuine(seal)) return seal;
    if (page.length < limit) return null;
    skip += limit;
  }
}
