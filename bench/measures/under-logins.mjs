import { availableParallelism } from 'node:os';
import { progress } from '../lab/progress.mjs';
import { summary, volley } from '../lab/volley.mjs';
import { ms, number, row } from '../report/row.mjs';
import { median } from '../report/statistics.mjs';
import { compareForSeconds } from '../subjects/bare-bcrypt.mjs';
import { loginFor } from './login.mjs';

const LOGINS = 64;

/** How long a password waits for its hash at most, by default (`HASH_MAX_WAIT_MS`). */
const MAX_WAIT_MS = 5000;

/** Longer than any password waits for its hash. */
const QUEUE_MS = MAX_WAIT_MS + 1000;
const CHECKS = 8;

/** Measures the effect of a flood of logins on signed-in users, and on the logins themselves. */
export async function measureUnderLogins({ subjects, portcullis, betterAuth, rounds, seconds }) {
  const times = new Map();
  const granted = [];
  for (let round = 1; round <= rounds; round++) {
    for (const subject of [portcullis, betterAuth]) {
      // If no login is answered in time, that is a valid quantile too.
      const { checks, logins } = await checksUnderLogins(subject, seconds * 2);
      const { p99 = Number.POSITIVE_INFINITY } = checks;
      if (subject === portcullis) granted.push(logins.p99 ?? Number.POSITIVE_INFINITY);
      times.set(subject.name, [...(times.get(subject.name) ?? []), p99]);
      progress(
        `session checks under ${LOGINS} logins, round ${round} of ${rounds}: ${subject.name} p99 ${ms(p99)}`,
      );
    }
  }
  const p99 = median(times.get(portcullis.name));
  return {
    rows: [
      row(
        `session check p99 under ${LOGINS} concurrent logins`,
        'at most 50 ms, no error',
        `${ms(p99)} (better-auth ${ms(median(times.get(betterAuth.name)))}), no error`,
        p99 <= 50,
      ),
      row(
        'p99 of the granted ones among them',
        'within HASH_MAX_WAIT_MS',
        ms(median(granted)),
        median(granted) <= MAX_WAIT_MS,
      ),
    ],
  };
}

async function checksUnderLogins(subject, seconds) {
  const sessions = await subject.signIn(subject.people.slice(0, CHECKS));
  // The flood begins before the checks and ends after them.
  const flood = loginFor(subject, seconds + 2, LOGINS, [200, 503, 429]);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const checks = await volley({
    url: subject.url,
    connections: CHECKS,
    seconds,
    requests: sessions.map((session) => subject.sessionCheck(session)),
  });
  const { answers } = await flood;
  await queueEmpties();
  return { checks, logins: summary(answers.filter(({ status }) => status === 200)) };
}

/** Sends far more logins at once than the machine can hash. Refusals must be fast, and other requests must not be slowed down. */
export async function measureOverload({ portcullis, ceiling: known, rounds, seconds }) {
  // Reuses the result of the login measure if it ran before.
  const ceiling = known ?? (await compareForSeconds(seconds * 2)).perSecond;
  const connections = 64 * availableParallelism();
  const goodput = [];
  const longest = [];
  for (let round = 1; round <= rounds; round++) {
    const { answers } = await loginFor(portcullis, seconds * 2 + 2, connections, [200, 503, 429]);
    const settled = answers.filter(({ at }) => at - answers[0].at > 1000);
    const served = summary(settled.filter(({ status }) => status === 200));
    const refused = summary(settled.filter(({ status }) => status !== 200));
    goodput.push(served.perSecond / ceiling);
    longest.push(refused.p99 ?? 0);
    progress(
      `overload, round ${round} of ${rounds}: ${number(served.perSecond, 1)} logins per second, ` +
        `${number(refused.perSecond)} refusals, their p99 ${ms(longest.at(-1))}`,
    );
    await queueEmpties();
  }
  const soon = median(longest);
  const share = median(goodput);
  return {
    rows: [
      row(
        `${connections} logins at once: refusals`,
        '503 or 429 within 1 s',
        `p99 ${ms(soon)}`,
        soon <= 1000,
      ),
      row('goodput meanwhile, of the ceiling', 'at least 0.92', number(share, 2), share >= 0.92),
    ],
  };
}

/** Requests that still wait for a hash must not affect the next trial. */
const queueEmpties = () => new Promise((resolve) => setTimeout(resolve, QUEUE_MS));
