import type { Place } from '../../../src/monitoring/places/place.js';
import { mmdb } from './mmdb.js';

export const BERLIN: Place = { country: 'DE', latitude: 52.52, longitude: 13.405, radiusKm: 20 };
export const HAMBURG: Place = { country: 'DE', latitude: 53.5511, longitude: 9.9937, radiusKm: 50 };
export const NEW_YORK: Place = { country: 'US', latitude: 40.7128, longitude: -74.006, radiusKm: 10 };
export const SYDNEY: Place = { country: 'AU', latitude: -33.8688, longitude: 151.2093, radiusKm: 5 };

/** The places of documentation networks (RFC 5737, RFC 3849) in the tests; a third of the networks has none. */
const NETWORKS: Readonly<Record<string, Place>> = {
  '192.0.2.0/25': BERLIN,
  '192.0.2.128/25': HAMBURG,
  '198.51.100.0/24': SYDNEY,
  '2001:db8:1::/48': NEW_YORK,
};

/** Creates a database of type City, with records as detailed as those of the real one. */
export function cityDatabase(): Buffer {
  const records = Object.entries(NETWORKS).map(([network, place]) => [network, recordOf(place)] as const);
  return mmdb(Object.fromEntries(records), { type: 'GeoLite2-City' });
}

const recordOf = ({ country, latitude, longitude, radiusKm }: Place) => ({
  country: { geoname_id: 1, iso_code: country ?? '', names: { en: 'A country' } },
  location: { accuracy_radius: radiusKm, latitude, longitude, time_zone: 'Europe/Berlin' },
  subdivisions: [{ iso_code: 'XX' }],
});
