import autocannon from 'autocannon';
import { median, quantile } from '../report/statistics.mjs';

/**
 * Sends requests over kept-alive connections for some seconds. Each connection sends the next request when the previous
 * one is answered or, with `perSecond`, at the given total rate. `requestsOf(connection)` returns a connection's own list,
 * which it sends in turn; `requests` is one list for all. The rate is measured between the first and the last response, so
 * that requests cut off at the end do not count. Throws if a response has a status that is not accepted.
 */
export async function volley({ url, connections, seconds, perSecond, requests, requestsOf, accept = [200] }) {
  const answers = [];
  let connection = 0;
  const run = autocannon({
    url,
    connections,
    duration: seconds,
    timeout: 60,
    ...(perSecond && { overallRate: perSecond, ignoreCoordinatedOmission: true }),
    ...(requests && { requests }),
    ...(requestsOf && { setupClient: (client) => client.setRequests(requestsOf(connection++)) }),
  });
  run.on('response', (_client, status, _bytes, ms) => {
    answers.push({ status, ms, at: performance.now() });
  });
  const { errors } = await run;
  const unexpected = answers.find(({ status }) => !accept.includes(status));
  if (errors > 0) throw new Error(`${url}: ${errors} requests were not answered.`);
  if (unexpected) throw new Error(`${url} answered ${unexpected.status}.`);
  return summary(answers);
}

/**
 * V8 compiles a function for speed after thousands of calls, in the background and in competition for the same cores. After a
 * warm-up of one second, the rate of the larger services still doubled during a measure.
 */
const WARM_UP_SECONDS = 10;

/** Sends the load of a measure until the service runs at its lasting speed. */
export async function warmUp(load) {
  await volley({ ...load, seconds: WARM_UP_SECONDS });
}

/** Returns the figures of a list of responses; times are in milliseconds. */
export function summary(answers) {
  const times = answers.map(({ ms }) => ms).sort((a, b) => a - b);
  const elapsed = answers.length < 2 ? Number.NaN : answers.at(-1).at - answers[0].at;
  return {
    answers,
    count: answers.length,
    perSecond: ((answers.length - 1) / elapsed) * 1000,
    median: median(times),
    p99: quantile(times, 0.99),
    longest: times.at(-1),
  };
}
