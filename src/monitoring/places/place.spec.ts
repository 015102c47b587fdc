import { fc } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { type Place, journeyBetween, kilometresBetween } from './place.js';

const at = (latitude: number, longitude: number, radiusKm = 0): Place => ({
  country: null,
  latitude,
  longitude,
  radiusKm,
});

const LONDON = at(51.5074, -0.1278);
const NEW_YORK = at(40.7128, -74.006);

const anywhere = fc
  .tuple(fc.double({ min: -90, max: 90, noNaN: true }), fc.double({ min: -180, max: 180, noNaN: true }))
  .map(([latitude, longitude]) => at(latitude, longitude));

describe('kilometresBetween', () => {
  it.each([
    ['London and New York', LONDON, NEW_YORK, 5570],
    ['Paris and Tokyo', at(48.8566, 2.3522), at(35.6762, 139.6503), 9712],
    ['Sydney and Santiago, across the date line', at(-33.8688, 151.2093), at(-33.4489, -70.6693), 11_347],
    ['Suva and Apia, on either side of the date line', at(-18.1416, 178.4419), at(-13.8333, -171.7667), 1150],
    ['Cologne and Bonn', at(50.9375, 6.9603), at(50.7374, 7.0982), 24.3],
    ['the poles', at(90, 0), at(-90, 77), 20_015],
  ])('matches the atlas for %s', (_pair, a, b, kilometres) => {
    expect(Math.abs(kilometresBetween(a, b) / kilometres - 1)).toBeLessThan(0.005);
  });

  it('is symmetric, zero for one place, and never more than half the circumference', () => {
    fc.assert(
      fc.property(anywhere, anywhere, (a, b) => {
        expect(kilometresBetween(a, b)).toBeCloseTo(kilometresBetween(b, a), 6);
        expect(kilometresBetween(a, a)).toBe(0);
        expect(kilometresBetween(a, b)).toBeLessThanOrEqual(20_016);
      }),
    );
  });
});

describe('journeyBetween', () => {
  it('is reduced by the radius of both places', () => {
    const journey = journeyBetween({ ...LONDON, radiusKm: 100 }, { ...NEW_YORK, radiusKm: 900 });
    expect(journey.kilometres).toBeCloseTo(kilometresBetween(LONDON, NEW_YORK) - 1000, 6);
  });

  it('is zero if the places may be the same', () => {
    const journey = journeyBetween(
      { ...LONDON, country: 'GB', radiusKm: 5000 },
      { ...NEW_YORK, radiusKm: 900 },
    );
    expect(journey.kilometres).toBe(0);
  });

  it('is zero within a country if only the country of either place is known', () => {
    const kansas = { country: 'US', latitude: 37.751, longitude: -97.822, radiusKm: 1000 };
    const newYork = { ...NEW_YORK, country: 'US', radiusKm: 10 };
    expect(kilometresBetween(newYork, kansas)).toBeGreaterThan(2000);
    expect(journeyBetween(newYork, kansas).kilometres).toBe(0);
    expect(journeyBetween(kansas, newYork).kilometres).toBe(0);
    expect(journeyBetween({ ...LONDON, country: 'GB' }, kansas).kilometres).toBeGreaterThan(5000);
  });
});
