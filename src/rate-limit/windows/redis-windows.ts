import { Injectable } from '@nestjs/common';
import type { RedisClient } from '../../platform/redis/redis-client.js';
import { RedisConnection } from '../../platform/redis/redis-connection.js';
import { RedisUnavailable } from '../../platform/redis/redis-unavailable.js';
import { RedisClock } from './redis-clock.js';
import { CONSUME, REFUND, type RedisScript } from './redis-scripts.js';
import type { Decision, Window, WindowStore } from './window.js';

/**
 * A script that starts later than this after it was asked for counts nothing, milliseconds. Long against a stall of
 * either side, short against what a server that was paused finds in its queue.
 */
const LATE_MS = 1000;
const NO_DEADLINE = 0;

/** Windows that every instance shares: check and count are one script on the clock of Redis. */
@Injectable()
export class RedisWindows implements WindowStore {
  private readonly clock = new RedisClock();

  constructor(private readonly connection: RedisConnection) {}

  /** One round trip. Throws {@link RedisUnavailable} when Redis did not decide in time. */
  consume(windows: readonly Window[]): Promise<readonly Decision[]> {
    return this.connection.run(async (client, isAwaited) => {
      const ask = (together: readonly Window[]) => this.ask(client, together, isAwaited);
      if (this.connection.clustered) return this.consumeBySlot(client, windows, ask);
      return decisionsOf(await ask(windows));
    });
  }

  /**
   * In a cluster no script spans two slots. Each slot decides for itself, in the same round trip; where one refuses,
   * what the others counted is taken back before the answer, so that a refused request is counted nowhere.
   */
  private async consumeBySlot(
    client: RedisClient,
    windows: readonly Window[],
    ask: (together: readonly Window[]) => Promise<number[]>,
  ): Promise<readonly Decision[]> {
    const slots = [...Map.groupBy(windows, hashTagOf).values()];
    const answers = await Promise.all(slots.map(ask));
    const admitting = answers.map((answer) => decisionsOf(answer).every(({ allowed }) => allowed));
    const refunded = admitting.map((admits) => admits && admitting.includes(false));
    await Promise.all(
      slots.map(async (slot, index) => {
        if (!refunded[index]) return;
        await evaluate(client, REFUND, keysOf(slot), [
          answers[index]![0]!,
          ...slot.map(({ grain }) => grain),
        ]);
      }),
    );
    const decisions = new Map<Window, Decision>();
    for (const [index, slot] of slots.entries()) {
      for (const [at, decision] of decisionsOf(answers[index]!).entries()) {
        const remaining = decision.remaining + (refunded[index] ? 1 : 0);
        decisions.set(slot[at]!, { ...decision, remaining });
      }
    }
    return windows.map((window) => decisions.get(window)!);
  }

  private async ask(
    client: RedisClient,
    windows: readonly Window[],
    isAwaited: () => boolean,
  ): Promise<number[]> {
    const answer = await this.askBefore(this.clock.deadline(LATE_MS), client, windows);
    if (answer.length > 1) return answer;
    // Past its deadline and counted nowhere. With a caller still there, it was no pause of the server: this process
    // stalled, or the clock that the deadline was reckoned by was set.
    if (!isAwaited()) throw new RedisUnavailable('the answer came too late');
    this.clock.forget();
    return this.askBefore(NO_DEADLINE, client, windows);
  }

  private async askBefore(
    deadline: number,
    client: RedisClient,
    windows: readonly Window[],
  ): Promise<number[]> {
    const args: number[] = [deadline];
    for (const { limit, windowMs, grain } of windows) args.push(limit, windowMs * 1000, grain);
    const sentAt = performance.now();
    const answer = await evaluate(client, CONSUME, keysOf(windows), args);
    if (answer.length > 1) this.clock.learn(answer[0]!, sentAt);
    return answer;
  }
}

const keysOf = (windows: readonly Window[]) => windows.map(({ key }) => key);

const hashTagOf = ({ key }: Window) => key.slice(0, key.indexOf('}'));

function decisionsOf(answer: readonly number[]): Decision[] {
  const decisions: Decision[] = [];
  for (let at = 1; at < answer.length; at += 2) {
    const remaining = answer[at]!;
    decisions.push({
      allowed: remaining >= 0,
      remaining: Math.max(0, remaining),
      waitMs: answer[at + 1]! / 1000,
    });
  }
  return decisions;
}

/** By digest; in full where Redis does not know the script yet, after a restart, a failover or SCRIPT FLUSH. */
async function evaluate(
  client: RedisClient,
  script: RedisScript,
  keys: readonly string[],
  args: readonly number[],
): Promise<number[]> {
  try {
    return (await client.evalsha(script.sha, keys.length, ...keys, ...args)) as number[];
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
    return (await client.eval(script.lua, keys.length, ...keys, ...args)) as number[];
  }
}
