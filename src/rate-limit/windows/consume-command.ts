import { type Grant, termMs } from './lease.js';
import type { Decision, Window } from './window.js';

/** A window to count a request in; `permits` asks for a lease of that many in the same step, none by default. */
export interface CountedWindow extends Window {
  readonly permits?: number;
}

/** The decision of a window that several processes share. */
export interface SharedDecision extends Decision {
  /** The lease that was granted with it. */
  readonly grant: Grant | null;
}

/** The keys of one execution of the script CONSUME, and its arguments from the third on. */
export interface ConsumeCommand {
  readonly keys: string[];
  readonly args: (string | number)[];
}

/** A number up to this is one byte of UTF-8, in which arguments are sent. */
const MOST_RULES = 127;

/** Returns the commands that count requests in order, more than one only if their rules are too many for one. */
export function consumeCommands(requests: readonly (readonly CountedWindow[])[]): ConsumeCommand[] {
  const commands: ConsumeCommand[] = [];
  for (let first = 0; first < requests.length;) {
    const keys: string[] = [];
    const rules: CountedWindow[] = [];
    let plan = '';
    for (; first < requests.length; first++) {
      const windows = requests[first]!;
      if (rules.length > 0 && rules.length + windows.length > MOST_RULES) break;
      plan += String.fromCharCode(windows.length);
      for (const window of windows) {
        keys.push(window.key);
        plan += String.fromCharCode(placeOf(window, rules));
      }
    }
    commands.push({ keys, args: [plan, ...rules.flatMap(numbersOf)] });
  }
  return commands;
}

const numbersOf = (rule: CountedWindow) => [
  rule.limit,
  rule.windowMs * 1000,
  rule.grain,
  rule.permits ?? 0,
  termMs(rule) * 1000,
];

/** Returns the decisions of an answer of the script CONSUME about that many windows, to a command sent at `sentAt`. */
export function decisionsOf(answer: readonly number[], windows: number, sentAt: number): SharedDecision[] {
  const grants = new Map<number, Grant>();
  for (let at = 2 * windows + 1; at < answer.length; at += 2) {
    grants.set(answer[at]! - 1, { endUs: answer[at + 1]!, sentAt });
  }
  return Array.from({ length: windows }, (_, index) => {
    const remaining = answer[2 * index + 1]!;
    return {
      allowed: remaining >= 0,
      remaining: Math.max(0, remaining),
      at: answer[0]! / 1000,
      waitMs: answer[2 * index + 2]! / 1000,
      grant: grants.get(index) ?? null,
    };
  });
}

/** Returns the number of a window's rule in `rules`, counted from 1, and adds the rule if it is new. */
function placeOf(window: CountedWindow, rules: CountedWindow[]): number {
  const known = rules.findIndex(
    ({ limit, windowMs, grain, permits }) =>
      limit === window.limit &&
      windowMs === window.windowMs &&
      grain === window.grain &&
      permits === window.permits,
  );
  return known >= 0 ? known + 1 : rules.push(window);
}
