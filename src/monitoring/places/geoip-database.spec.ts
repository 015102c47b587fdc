import { Logger } from '@nestjs/common';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { BERLIN, HAMBURG, NEW_YORK, SYDNEY, cityDatabase } from '../../../test/support/geoip/cities.js';
import { mmdb } from '../../../test/support/geoip/mmdb.js';
import { ConfigurationFault } from '../../platform/config/configuration-fault.js';
import { Environment } from '../../platform/config/environment.js';
import { suppliedPlaces } from './geoip-database.js';

const folder = mkdtempSync(join(tmpdir(), 'portcullis-geoip-'));
afterAll(() => rmSync(folder, { recursive: true }));

const placesAt = (path?: string) =>
  suppliedPlaces(Object.assign(new Environment(), { GEOIP_DATABASE: path }));

function placesIn(content: Buffer) {
  const path = join(folder, 'City.mmdb');
  writeFileSync(path, content);
  return placesAt(path)!;
}

/** Returns the faults that prevent the start. */
function faultsOf(start: () => unknown): readonly string[] {
  try {
    start();
    return [];
  } catch (error) {
    if (error instanceof ConfigurationFault) return error.faults;
    throw error;
  }
}

const NO_DATABASE = 'is not a MaxMind database (.mmdb) of type City';
const location = { latitude: 1.5, longitude: -2.5 };
const ofType = (type: string) => mmdb({ '192.0.2.0/24': { location } }, { type });

describe('The places of GEOIP_DATABASE', () => {
  it('are unavailable without the variable', () => {
    expect(placesAt()).toBeNull();
  });

  it.each([
    ['an IPv4 address', '192.0.2.7', BERLIN],
    ['an address of the other half of its network', '192.0.2.200', HAMBURG],
    ['an IPv4 address in the form of IPv6', '::ffff:192.0.2.7', BERLIN],
    ['the same in hexadecimal', '::ffff:c633:6401', SYDNEY],
    ['an IPv6 address', '2001:db8:1:2:3::4', NEW_YORK],
    ['an IPv4 address that no record covers', '203.0.113.1', null],
    ['an IPv6 address that no record covers', '2001:db8:2::1', null],
    ['something that is no address', 'unknown', null],
  ])('know %s', (_what, address, place) => {
    expect(placesIn(cityDatabase()).placeOf(address)).toEqual(place);
  });

  it('are named by city and country, as far as they are known', () => {
    const names = (en: string) => ({ names: { en } });
    const germany = { iso_code: 'DE', ...names('Germany') };
    const places = placesIn(
      mmdb(
        {
          '192.0.2.0/26': { city: names('Berlin'), country: germany, location },
          '192.0.2.64/26': { country: germany, location },
          '192.0.2.128/26': { country: { iso_code: 'DE' } },
          '192.0.2.192/26': { location },
        },
        { type: 'GeoLite2-City' },
      ),
    );
    const addresses = ['192.0.2.1', '192.0.2.65', '192.0.2.129', '192.0.2.193', '198.51.100.1', 'unknown'];
    expect(addresses.map((address) => places.nameOf(address))).toEqual([
      'Berlin, Germany',
      'Germany',
      'DE',
      null,
      null,
      null,
    ]);
  });

  it('do not confuse an IPv6 address with an IPv4 address that starts with the same bits', () => {
    const places = placesIn(mmdb({ '32.0.0.0/4': { location } }, { type: 'GeoIP2-City', ipVersion: 4 }));
    expect(places.placeOf('32.1.13.184')).toMatchObject(location);
    expect(places.placeOf('2001:db8::1')).toBeNull();
  });

  it('may lack a country and a radius, but not coordinates', () => {
    const places = placesIn(
      mmdb(
        { '192.0.2.0/25': { location }, '192.0.2.128/25': { country: { iso_code: 'DE' }, location: {} } },
        { type: 'DBIP-City-Lite' },
      ),
    );
    expect(places.placeOf('192.0.2.1')).toEqual({ country: null, ...location, radiusKm: 0 });
    expect(places.placeOf('192.0.2.129')).toBeNull();
  });

  it('are unavailable if the file is damaged, which is logged once and is not fatal', () => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const content = cityDatabase();
    // The first record's control byte, at the start of the data: no such type.
    content.writeUInt16BE(0x00_ff, content.indexOf('country') - 2);
    const places = placesIn(content);
    expect([places.placeOf('192.0.2.1'), places.placeOf('192.0.2.2')]).toEqual([null, null]);
    expect(places.placeOf('198.51.100.1')).toEqual(SYDNEY);
    expect(warn.mock.calls).toEqual([['The file named by GEOIP_DATABASE is damaged. Download it again.']]);
    warn.mockRestore();
  });

  it.each([
    ['is not there', () => placesAt(join(folder, 'nowhere.mmdb')), 'cannot be read (ENOENT)'],
    ['is a folder', () => placesAt(folder), 'cannot be read (EISDIR)'],
    ['is empty', () => placesIn(Buffer.alloc(0)), NO_DATABASE],
    ['is no database', () => placesIn(Buffer.from('a text of some length')), NO_DATABASE],
    ['is still compressed', () => placesIn(gzipSync(cityDatabase())), NO_DATABASE],
    ['ends early', () => placesIn(cityDatabase().subarray(0, -100)), NO_DATABASE],
    ['knows countries only', () => placesIn(ofType('GeoLite2-Country')), NO_DATABASE],
  ])(
    'prevent the start if the file %s, with an error that names the variable but not its value',
    (_what, start, fault) => {
      expect(faultsOf(start)).toEqual([`GEOIP_DATABASE ${fault}`]);
    },
  );
});
