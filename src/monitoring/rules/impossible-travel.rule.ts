import type { Environment } from '../../platform/config/environment.js';
import { A_DAY_SECONDS } from '../alerts/alert-kind.js';
import type { Journey, Places } from '../places/place.js';
import { type Rule, ofUser, parseLimit } from './rule.js';

/** Two digits: coarser than what the database knows, and enough to judge by. */
const roughKm = ({ kilometres }: Journey) => Number(kilometres.toPrecision(2));

function whereabouts({ from, to }: Journey): string {
  const [start, end] = [from, to].map(({ country }) => country ?? 'an unknown country');
  return start === end ? `two places in ${start}` : `${start} and ${end}`;
}

/**
 * An account was entered from two places that its owner cannot have been at in the time: somebody else has the
 * password, or a VPN came between. Off without a database that knows the places.
 */
export function impossibleTravel(environment: Environment, places: Places | null): Rule {
  return {
    name: 'impossible_travel',
    severity: 'warning',
    quietSeconds: A_DAY_SECONDS,
    tellsOwner: true,
    limit: places && parseLimit(environment.DETECT_IMPOSSIBLE_TRAVEL),
    ignoresFailures: true,
    observe(occurrence) {
      const { type, address } = occurrence.entry;
      const login = type === 'authn_login_success' ? ofUser(occurrence) : null;
      const place = login && address !== null ? places?.placeOf(address) : null;
      return login && place ? { ...login, place } : null;
    },
    holds: ({ furthest }, { count: kilometres }) => furthest !== null && furthest.kilometres > kilometres,
    summary: ({ furthest }, { seconds }) =>
      `One account was signed in to from ${whereabouts(furthest!)}, some ${roughKm(furthest!)} km apart, within ${seconds} s.`,
    evidence: ({ furthest }) => ({
      countries: [furthest!.from.country, furthest!.to.country],
      kilometres: roughKm(furthest!),
    }),
  };
}
