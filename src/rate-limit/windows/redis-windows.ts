import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import type { RedisClient } from '../../platform/redis/redis-client.js';
import { RedisConnection } from '../../platform/redis/redis-connection.js';
import { evaluate } from '../../platform/redis/redis-script.js';
import { RedisUnavailable } from '../../platform/redis/redis-unavailable.js';
import { TurnBatch } from '../../platform/redis/turn-batch.js';
import { RedisClock } from './redis-clock.js';
import { CONSUME, REFUND } from './redis-scripts.js';
import type { Decision, Window, WindowStore } from './window.js';

/**
 * A script that starts more than this after it was sent counts nothing, milliseconds. The limit is longer than a stall of
 * either side, and shorter than the age of the commands that a paused server finds in its queue.
 */
const LATE_MS = 1000;
const NO_DEADLINE = 0;

/** Requests per script: at most a millisecond of the server's time, during which all other commands wait. */
const BATCH = 128;

/** Windows shared by all instances: one script checks and counts, on Redis' clock. */
@Injectable()
export class RedisWindows implements WindowStore {
  private readonly redisClock = new RedisClock();
  private readonly batch: TurnBatch<readonly Window[], readonly Decision[]>;

  constructor(
    private readonly connection: RedisConnection,
    private readonly clock: Clock,
  ) {
    this.batch = new TurnBatch(connection, (requests) => this.consumeAll(requests), BATCH);
  }

  /** Makes one round trip, shared by all requests of a turn. Throws {@link RedisUnavailable} when Redis does not decide in time. */
  consume(windows: readonly Window[]): Promise<readonly Decision[]> {
    return this.connection.clustered ? this.consumeBySlot(windows) : this.batch.ask(windows);
  }

  async refund(windows: readonly Window[], at: number): Promise<void> {
    const slots = this.connection.clustered ? [...Map.groupBy(windows, hashTagOf).values()] : [windows];
    await this.connection.run((client) => Promise.all(slots.map((slot) => clear(client, slot, at * 1000))));
  }

  private consumeAll(requests: readonly (readonly Window[])[]): Promise<(readonly Decision[])[]> {
    return this.connection.run(async (client, isAwaited) => {
      const decisions = decisionsOf(await this.ask(client, requests, isAwaited));
      let start = 0;
      return requests.map(({ length }) => decisions.slice(start, (start += length)));
    });
  }

  /**
   * In a cluster a script cannot span two slots. Each slot decides separately, in the same round trip. When one refuses, the
   * counts of the others are taken back before this returns, so a refused request is counted nowhere.
   */
  private consumeBySlot(windows: readonly Window[]): Promise<readonly Decision[]> {
    const slots = [...Map.groupBy(windows, hashTagOf).values()];
    return this.connection.run(async (client, isAwaited) => {
      const answers = await Promise.all(slots.map((slot) => this.ask(client, [slot], isAwaited)));
      const decisions = await this.settle(client, slots, answers);
      return windows.map((window) => decisions.get(window)!);
    });
  }

  private async settle(
    client: RedisClient,
    slots: readonly (readonly Window[])[],
    answers: readonly number[][],
  ): Promise<Map<Window, Decision>> {
    const admitting = answers.map((answer) => decisionsOf(answer).every(({ allowed }) => allowed));
    const refunded = admitting.map((admits) => admits && admitting.includes(false));
    await Promise.all(
      slots.map(async (slot, index) => {
        if (refunded[index]) await clear(client, slot, answers[index]![0]!);
      }),
    );
    const decisions = new Map<Window, Decision>();
    for (const [index, slot] of slots.entries()) {
      for (const [at, decision] of decisionsOf(answers[index]!).entries()) {
        const remaining = decision.remaining + (refunded[index] ? 1 : 0);
        decisions.set(slot[at]!, { ...decision, remaining });
      }
    }
    return decisions;
  }

  private async ask(
    client: RedisClient,
    requests: readonly (readonly Window[])[],
    isAwaited: () => boolean,
  ): Promise<number[]> {
    const answer = await this.askBefore(this.redisClock.deadline(LATE_MS), client, requests);
    if (answer.length > 1) return answer;
    // The deadline passed and nothing was counted. If the caller is still waiting, the server was not paused: this process
    // stalled, or the clock behind the deadline was set.
    if (!isAwaited()) throw new RedisUnavailable('the answer came too late');
    this.redisClock.forget();
    return this.askBefore(NO_DEADLINE, client, requests);
  }

  private async askBefore(
    deadline: number,
    client: RedisClient,
    requests: readonly (readonly Window[])[],
  ): Promise<number[]> {
    const keys: string[] = [];
    const rules: Window[] = [];
    let plan = '';
    for (const windows of requests) {
      plan += String.fromCharCode(windows.length);
      for (const window of windows) {
        keys.push(window.key);
        plan += String.fromCharCode(placeOf(window, rules));
      }
    }
    const numbers = rules.flatMap(({ limit, windowMs, grain }) => [limit, windowMs * 1000, grain]);
    const aheadUs = this.clock.aheadMs() * 1000;
    const sentAt = performance.now();
    const answer = (await evaluate(client, CONSUME, keys, [deadline, aheadUs, plan, ...numbers])) as number[];
    if (answer.length > 1) this.redisClock.learn(answer[0]!, sentAt);
    return answer;
  }
}

/**
 * Returns the number of a window's rule in `rules`, counted from 1, and adds the rule if it is new. Rules come from the
 * table of policies and are few: each number fits into one byte of UTF-8.
 */
function placeOf(window: Window, rules: Window[]): number {
  const known = rules.findIndex(
    ({ limit, windowMs, grain }) =>
      limit === window.limit && windowMs === window.windowMs && grain === window.grain,
  );
  return known >= 0 ? known + 1 : rules.push(window);
}

async function clear(client: RedisClient, windows: readonly Window[], atUs: number): Promise<void> {
  const keys = windows.map(({ key }) => key);
  await evaluate(client, REFUND, keys, [Math.round(atUs), ...windows.map(({ grain }) => grain)]);
}

const hashTagOf = ({ key }: Window) => key.slice(0, key.indexOf('}'));

function decisionsOf(answer: readonly number[]): Decision[] {
  const decisions: Decision[] = [];
  for (let at = 1; at < answer.length; at += 2) {
    const remaining = answer[at]!;
    decisions.push({
      allowed: remaining >= 0,
      remaining: Math.max(0, remaining),
      at: answer[0]! / 1000,
      waitMs: answer[at + 1]! / 1000,
    });
  }
  return decisions;
}
