import { setTimeout as delay } from 'node:timers/promises';
import { type GateCheck, gateChecks, type GateCheckSubject } from './gate-checks.js';
import { type RawAnswer, type RawRequest, sendRaw } from './raw-request.js';

/** The outcome of one check. */
export interface CheckResult {
  readonly what: string;
  readonly held: boolean;
  /** If the check failed: the request that was answered wrongly, and the status of the answer; or why nothing is proven. */
  readonly because?: string;
}

/** How long all requests together may wait for limits, milliseconds. */
const PATIENCE_MS = 180_000;

/** Waits for some milliseconds. */
type Wait = (ms: number) => Promise<unknown>;

/**
 * Sends, one after the other, the requests that have bypassed other gateways. Where a limit is reached, it waits as long
 * as `Retry-After` says, up to three minutes in total. Throws if the host cannot be reached.
 */
export async function gateCheck(subject: GateCheckSubject, wait: Wait = delay): Promise<CheckResult[]> {
  const send = patiently(wait);
  const results: CheckResult[] = [];
  for (const check of gateChecks(subject))
    results.push(await resultOf(check, check.url ?? subject.url, send));
  const [opening] = results;
  return results.map((result) => (opening?.held ? result : unproven(result)));
}

/** A proxy that refuses everything, or is not the one that is meant, refuses these requests as well. */
const unproven = (result: CheckResult): CheckResult =>
  result.held
    ? {
        what: result.what,
        held: false,
        because: 'nothing is proven, because the token does not open the rule',
      }
    : result;

type Send = (url: URL, request: RawRequest) => Promise<RawAnswer>;

async function resultOf({ what, requests, holds }: GateCheck, url: URL, send: Send): Promise<CheckResult> {
  for (const request of requests) {
    const answer = await send(url, request);
    // A limit refuses whatever it is that was sent.
    if (answer.status !== 429 && holds(answer)) continue;
    const { method = 'GET', path = url.pathname, lines = [] } = request;
    const shown = [`${method} ${path}`, ...lines.map((line) => line.replace(/(bearer |token=).*/i, '$1...'))];
    const answered = answer.status === 429 ? '429: a limit was reached' : answer.status || 'nothing';
    return { what, held: false, because: `${shown.join(', ')} was answered ${answered}` };
  }
  return { what, held: true };
}

/** Sends requests again that were refused by a limit, as long as the patience for all of them suffices. */
function patiently(wait: Wait): Send {
  let left = PATIENCE_MS;
  return async (url, request) => {
    for (;;) {
      const answer = await sendRaw(url, request);
      const ms = retryAfterMs(answer);
      if (ms === null || ms > left) return answer;
      left -= ms;
      await wait(ms);
    }
  };
}

/** When a refusal by a limit allows another attempt, in one second at the earliest; null for other answers. */
function retryAfterMs({ status, text }: RawAnswer): number | null {
  const seconds = status === 429 ? /^retry-after: *(\d+) *\r$/im.exec(text)?.[1] : undefined;
  return seconds === undefined ? null : Math.max(1, Number(seconds)) * 1000;
}
