import { Logger } from '@nestjs/common';
import { type CityResponse, Reader } from 'maxmind';
import { readFileSync } from 'node:fs';
import { ConfigurationFault } from '../../platform/config/configuration-fault.js';
import type { Environment } from '../../platform/config/environment.js';
import { canonicalIp } from '../../platform/http/client-ip/ip-address.js';
import type { NamedPlaces, Place } from './place.js';

/** Types of databases that contain coordinates as well as countries. */
const WITH_LOCATIONS = /city|enterprise/i;

/** The places of a MaxMind database, held in memory. */
class GeoipDatabase implements NamedPlaces {
  private readonly logger = new Logger(GeoipDatabase.name);
  private damageReported = false;

  constructor(private readonly reader: Reader<CityResponse>) {}

  placeOf(address: string): Place | null {
    const { country, location } = this.recordOf(address) ?? {};
    const { latitude, longitude, accuracy_radius: radiusKm = 0 } = location ?? {};
    if (latitude === undefined || longitude === undefined) return null;
    return { country: country?.iso_code ?? null, latitude, longitude, radiusKm };
  }

  nameOf(address: string): string | null {
    const { city, country } = this.recordOf(address) ?? {};
    const names = [englishOf(city), englishOf(country) ?? country?.iso_code];
    return names.filter((name) => name !== undefined).join(', ') || null;
  }

  /** Ignores a damaged record. It must not stop detection, which would read it again after each restart. */
  private recordOf(address: string): CityResponse | null {
    const canonical = canonicalIp(address);
    // For an IPv6 address, the reader would search an IPv4 database for the address's first bits.
    if (canonical === null || (canonical.includes(':') && this.reader.metadata.ipVersion === 4)) return null;
    try {
      return this.reader.get(canonical);
    } catch {
      if (!this.damageReported)
        this.logger.warn('The file named by GEOIP_DATABASE is damaged. Download it again.');
      this.damageReported = true;
      return null;
    }
  }
}

/**
 * Opens the database named by the environment; null without one. Throws a {@link ConfigurationFault} for an
 * unsuitable file.
 */
export function suppliedPlaces({ GEOIP_DATABASE: path }: Environment): NamedPlaces | null {
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

/** Names are missing from some databases, although the library's types require them. */
const englishOf = (record?: { readonly names?: { readonly en?: string } }) => record?.names?.en;
