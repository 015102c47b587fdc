import { Logger } from '@nestjs/common';
import { type CityResponse, Reader } from 'maxmind';
import { readFileSync } from 'node:fs';
import { ConfigurationFault } from '../../platform/config/configuration-fault.js';
import type { Environment } from '../../platform/config/environment.js';
import { canonicalIp } from '../../platform/http/ip-address.js';
import type { Place, Places } from './place.js';

/** Types of databases that contain coordinates and not only countries. */
const WITH_LOCATIONS = /city|enterprise/i;

/** The places in a MaxMind database, held in memory. */
class GeoipDatabase implements Places {
  private readonly logger = new Logger(GeoipDatabase.name);
  private damageReported = false;

  constructor(private readonly reader: Reader<CityResponse>) {}

  placeOf(address: string): Place | null {
    const canonical = canonicalIp(address);
    // The reader would look for the first bits of an IPv6 address among those of IPv4.
    if (canonical === null || (canonical.includes(':') && this.reader.metadata.ipVersion === 4)) return null;
    const { country, location } = this.recordOf(canonical) ?? {};
    const { latitude, longitude, accuracy_radius: radiusKm = 0 } = location ?? {};
    if (latitude === undefined || longitude === undefined) return null;
    return { country: country?.iso_code ?? null, latitude, longitude, radiusKm };
  }

  /** A damaged record must not stop detection, which would read it again after each restart. */
  private recordOf(address: string): CityResponse | null {
    try {
      return this.reader.get(address);
    } catch {
      if (!this.damageReported) this.logger.warn('The file of GEOIP_DATABASE is damaged. Download it again.');
      this.damageReported = true;
      return null;
    }
  }
}

/** The database that the environment names, or null. Throws {@link ConfigurationFault} for a file that is none. */
export function suppliedPlaces({ GEOIP_DATABASE: path }: Environment): Places | null {
  if (path === undefined) return null;
  const reader = readerOf(contentOf(path));
  if (!reader || !WITH_LOCATIONS.test(reader.metadata.databaseType)) {
    throw new ConfigurationFault(['GEOIP_DATABASE is not a MaxMind database (.mmdb) of type City']);
  }
  return new GeoipDatabase(reader);
}

function contentOf(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigurationFault([`GEOIP_DATABASE cannot be read (${code})`]);
  }
}

function readerOf(content: Buffer): Reader<CityResponse> | null {
  try {
    return new Reader<CityResponse>(content);
  } catch {
    return null;
  }
}
