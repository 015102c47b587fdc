/** The location of an address according to a database. */
export interface Place {
  /** ISO 3166-1 code; null if the database has a location but no country. */
  readonly country: string | null;
  /** Degrees. */
  readonly latitude: number;
  readonly longitude: number;
  /** How far the actual location may be from these coordinates. */
  readonly radiusKm: number;
}

/** Looks up the locations of addresses. */
export interface Places {
  /** Returns null if the address is not found. */
  placeOf(address: string): Place | null;
}

/** Also looks up the names of locations. */
export interface NamedPlaces extends Places {
  /** Returns an English name such as "Berlin, Germany", as far as it is known; null if the address is not found. */
  nameOf(address: string): string | null;
}

/** The injection token for the installation's {@link NamedPlaces}; null without a database. */
export const PLACES = 'portcullis:places';

/** Two places of one subject, and the minimum distance between them. */
export interface Journey {
  readonly from: Place;
  readonly to: Place;
  readonly kilometres: number;
}

/** Mean radius of the Earth according to the IUGG. */
const EARTH_KM = 6371.009;
/** From this radius on, only the country of a place is taken as known. The radius of large countries is greater. */
const COUNTRY_WIDE_KM = 1000;

const radians = (degrees: number) => (degrees * Math.PI) / 180;

/**
 * Returns the great-circle distance between two places. The haversine formula is also accurate for small distances.
 */
export function kilometresBetween(a: Place, b: Place): number {
  const [latitudeA, latitudeB] = [radians(a.latitude), radians(b.latitude)];
  const haversine =
    Math.sin((latitudeB - latitudeA) / 2) ** 2 +
    Math.cos(latitudeA) * Math.cos(latitudeB) * Math.sin(radians(b.longitude - a.longitude) / 2) ** 2;
  return 2 * EARTH_KM * Math.asin(Math.min(1, Math.sqrt(haversine)));
}

/**
 * Returns the shortest journey consistent with two places. The database gives an address whose country alone is known
 * the coordinates of the country's centre: a phone in New York would appear to be in Kansas, and its owner to have
 * travelled.
 */
export function journeyBetween(from: Place, to: Place): Journey {
  const isVague = Math.max(from.radiusKm, to.radiusKm) >= COUNTRY_WIDE_KM;
  if (isVague && from.country === to.country) return { from, to, kilometres: 0 };
  const kilometres = Math.max(0, kilometresBetween(from, to) - from.radiusKm - to.radiusKm);
  return { from, to, kilometres };
}
