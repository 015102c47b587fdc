import type { Environment } from '../../platform/config/environment.js';
import { A_DAY_SECONDS } from '../alerts/alert-kind.js';
import { type Journey, type Place, type Places, journeyBetween } from '../places/place.js';
import { type Rule, ofUser, parseLimit } from './rule.js';

/** Two digits: coarser than the precision of the database, but sufficient for a judgement. */
const roughKm = ({ kilometres }: Journey) => Number(kilometres.toPrecision(2));

function whereabouts({ from, to }: Journey): string {
  const [start, end] = [from, to].map(({ country }) => country ?? 'an unknown country');
  return start === end ? `two places in ${start}` : `${start} and ${end}`;
}

/** Returns the journey from the newest place to the furthest other one; null if fewer than two places are known. */
function furthest(values: readonly unknown[]): Journey | null {
  const places = values as readonly Place[];
  const to = places.at(-1);
  if (!to) return null;
  const journeys = places.slice(0, -1).map((from) => journeyBetween(from, to));
  return journeys.reduceRight<Journey | null>(
    (best, journey) => (journey.kilometres >= (best?.kilometres ?? 0) ? journey : best),
    null,
  );
}

/**
 * An account was used from two places between which its owner cannot have travelled in the time: somebody else has the
 * password, or the owner used a VPN. Off without a database of places.
 */
export function impossibleTravel(environment: Environment, places: Places | null): Rule {
  return {
    name: 'impossible_travel',
    severity: 'warning',
    quietSeconds: A_DAY_SECONDS,
    events: ['authn_login_success'],
    toOwner: {
      en: {
        subject: 'Logins to your account from distant places',
        sentence:
          'There were logins to your account from two places that are too far apart to travel between in the time available.',
      },
      de: {
        subject: 'Anmeldungen von weit voneinander entfernten Orten',
        sentence:
          'In Ihrem Konto gab es Anmeldungen von zwei Orten, die zu weit voneinander entfernt sind, um in dieser Zeit von einem zum anderen zu reisen.',
      },
    },
    documentation: {
      trueWhen: 'logins to one account from two places over 1000 km apart in 1 h, with `GEOIP_DATABASE`',
      why: 'an airliner flies 900 km in an hour; over shorter distances, a mobile network can give the same impression',
    },
    limit: places && parseLimit(environment.DETECT_IMPOSSIBLE_TRAVEL),
    ignoresFailures: true,
    observe(occurrence) {
      const { address } = occurrence.entry;
      const login = ofUser(occurrence);
      const place = login && address !== null ? places?.placeOf(address) : null;
      return login && place ? { ...login, value: place } : null;
    },
    holds: ({ values }, { count: kilometres }) => (furthest(values)?.kilometres ?? 0) > kilometres,
    summary({ values }, { seconds }) {
      const journey = furthest(values)!;
      return `One account was used from ${whereabouts(journey)}, about ${roughKm(journey)} km apart, within ${seconds} s.`;
    },
    evidence({ values }) {
      const journey = furthest(values)!;
      return { countries: [journey.from.country, journey.to.country], kilometres: roughKm(journey) };
    },
  };
}
