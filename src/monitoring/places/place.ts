/** Where an address is, according to a database. */
export interface Place {
  /** ISO 3166-1; null where the database has a location but no country. */
  readonly country: string | null;
  /** Degrees. */
  readonly latitude: number;
  readonly longitude: number;
  /** How far from there the address may really be. */
  readonly radiusKm: number;
}

/** Looks up where addresses are. */
export interface Places {
  /** Returns null for an address that is not found. */
  placeOf(address: string): Place | null;
}

/** Looks up what the places of addresses are called, too. */
export interface NamedPlaces extends Places {
  /** In English, "Berlin, Germany", or as much of it as is known; null for an address that is not found. */
  nameOf(address: string): string | null;
}

/** The injection token of the installation's {@link NamedPlaces}; null without a database. */
export const PLACES = 'portcullis:places';

/** Two places of one subject, and what lies between them at least. */
export interface Journey {
  readonly from: Place;
  readonly to: Place;
  readonly kilometres: number;
}

/** Mean radius of the Earth by the IUGG. */
const EARTH_KM = 6371.009;
/** A radius from which on a place is known by its country alone, of which large ones reach further still. */
const COUNTRY_WIDE_KM = 1000;

const radians = (degrees: number) => (degrees * Math.PI) / 180;

/** The great circle between two places, by the haversine formula, which is exact for neighbours too. */
export function kilometresBetween(a: Place, b: Place): number {
  const [latitudeA, latitudeB] = [radians(a.latitude), radians(b.latitude)];
  const haversine =
    Math.sin((latitudeB - latitudeA) / 2) ** 2 +
    Math.cos(latitudeA) * Math.cos(latitudeB) * Math.sin(radians(b.longitude - a.longitude) / 2) ** 2;
  return 2 * EARTH_KM * Math.asin(Math.min(1, Math.sqrt(haversine)));
}

/**
 * The journey between two places, as short as it may have been. An address of which only the country is known stands
 * in the middle of it: a telephone in New York would seem to be in Kansas, and its owner to have left home.
 */
export function journeyBetween(from: Place, to: Place): Journey {
  const isVague = Math.max(from.radiusKm, to.radiusKm) >= COUNTRY_WIDE_KM;
  if (isVague && from.country === to.country) return { from, to, kilometres: 0 };
  const kilometres = Math.max(0, kilometresBetween(from, to) - from.radiusKm - to.radiusKm);
  return { from, to, kilometres };
}
