import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import type { RedisClient } from '../../platform/redis/redis-client.js';
import { RedisConnection } from '../../platform/redis/redis-connection.js';
import { evaluate } from '../../platform/redis/redis-script.js';
import { RedisUnavailable } from '../../platform/redis/redis-unavailable.js';
import { TurnBatch } from '../../platform/redis/turn-batch.js';
import {
  type ConsumeCommand,
  consumeCommands,
  type CountedWindow,
  decisionsOf,
  type SharedDecision,
} from './consume-command.js';
import type { Lease } from './lease.js';
import { RedisClock } from './redis-clock.js';
import { CONSUME, REFUND } from './redis-scripts.js';
import { Settlements } from './settlements.js';
import type { Window, WindowStore } from './window.js';

/**
 * A script that starts more than this after it was sent counts nothing, milliseconds. The limit is longer than a stall of
 * either side, and shorter than the age of the commands that a paused server finds in its queue.
 */
const LATE_MS = 1000;
const NO_DEADLINE = 0;

/** Requests per script: at most a millisecond of the server's time, during which all other commands wait. */
const BATCH = 128;

type Windows = readonly CountedWindow[];

/** Windows shared by all instances: one script checks and counts, on Redis' clock. */
@Injectable()
export class RedisWindows implements WindowStore {
  private readonly redisClock = new RedisClock();
  private readonly batch: TurnBatch<Windows, readonly SharedDecision[]>;
  private readonly settlements: Settlements;

  constructor(
    private readonly connection: RedisConnection,
    private readonly clock: Clock,
  ) {
    this.batch = new TurnBatch(connection, (requests) => this.consumeAll(requests), BATCH);
    this.settlements = new Settlements(connection, clock);
  }

  /**
   * Makes one round trip, shared by all requests of a turn. Throws {@link RedisUnavailable} when Redis does not decide in
   * time. Leases are not granted in a cluster.
   */
  consume(windows: Windows): Promise<readonly SharedDecision[]> {
    return this.connection.clustered ? this.consumeBySlot(windows) : this.batch.ask(windows);
  }

  async refund(windows: readonly Window[], at: number): Promise<void> {
    const slots = this.connection.clustered ? [...Map.groupBy(windows, hashTagOf).values()] : [windows];
    await this.connection.run((client) => Promise.all(slots.map((slot) => clear(client, slot, at * 1000))));
  }

  /** Gives back what is unspent of leases, before anything else is counted. They must not be spent any more. */
  settle(leases: readonly Lease[]): void {
    this.settlements.add(leases);
  }

  /** Resolves when Redis has answered what {@link settle} was called with, or is unavailable. */
  async settled(): Promise<void> {
    await this.settlements.done();
  }

  private consumeAll(requests: readonly Windows[]): Promise<(readonly SharedDecision[])[]> {
    this.settlements.flush();
    return this.connection.run(async (client, isAwaited) => {
      const decisions = await this.ask(client, requests, isAwaited);
      let start = 0;
      return requests.map(({ length }) => decisions.slice(start, (start += length)));
    });
  }

  /**
   * In a cluster a script cannot span two slots. Each slot decides separately, in the same round trip. When one refuses, the
   * counts of the others are taken back before this returns, so a refused request is counted nowhere.
   */
  private consumeBySlot(windows: Windows): Promise<readonly SharedDecision[]> {
    const slots = [...Map.groupBy(windows, hashTagOf).values()];
    return this.connection.run(async (client, isAwaited) => {
      const answers = await Promise.all(slots.map((slot) => this.ask(client, [slot], isAwaited)));
      const decisions = await this.withdraw(client, slots, answers);
      return windows.map((window) => decisions.get(window)!);
    });
  }

  /** Takes back what slots have counted of a request that another slot refused. */
  private async withdraw(
    client: RedisClient,
    slots: readonly Windows[],
    answers: readonly SharedDecision[][],
  ): Promise<Map<Window, SharedDecision>> {
    const admitting = answers.map((decisions) => decisions.every(({ allowed }) => allowed));
    const refunded = admitting.map((admits) => admits && admitting.includes(false));
    await Promise.all(
      slots.map(async (slot, index) => {
        if (refunded[index]) await clear(client, slot, answers[index]![0]!.at * 1000);
      }),
    );
    const decisions = new Map<Window, SharedDecision>();
    for (const [index, slot] of slots.entries()) {
      for (const [at, decision] of answers[index]!.entries()) {
        const remaining = decision.remaining + (refunded[index] ? 1 : 0);
        decisions.set(slot[at]!, { ...decision, remaining });
      }
    }
    return decisions;
  }

  private async ask(
    client: RedisClient,
    requests: readonly Windows[],
    isAwaited: () => boolean,
  ): Promise<SharedDecision[]> {
    const commands = consumeCommands(requests);
    const answers = await Promise.all(commands.map((command) => this.decide(client, command, isAwaited)));
    return answers.flat();
  }

  private async decide(
    client: RedisClient,
    command: ConsumeCommand,
    isAwaited: () => boolean,
  ): Promise<SharedDecision[]> {
    const decisions = await this.decideBefore(this.redisClock.deadline(LATE_MS), client, command);
    if (decisions) return decisions;
    // The deadline passed and nothing was counted. If the caller is still waiting, the server was not paused: this process
    // stalled, or the clock behind the deadline was set.
    if (!isAwaited()) throw new RedisUnavailable('the answer came too late');
    this.redisClock.forget();
    return (await this.decideBefore(NO_DEADLINE, client, command))!;
  }

  /** Returns null when the deadline had passed. */
  private async decideBefore(
    deadline: number,
    client: RedisClient,
    { keys, args }: ConsumeCommand,
  ): Promise<SharedDecision[] | null> {
    const aheadUs = this.clock.aheadMs() * 1000;
    const sentAt = performance.now();
    const answer = (await evaluate(client, CONSUME, keys, [deadline, aheadUs, ...args])) as number[];
    if (answer.length === 1) return null;
    this.redisClock.learn(answer[0]!, sentAt);
    return decisionsOf(answer, keys.length, sentAt);
  }
}

async function clear(client: RedisClient, windows: readonly Window[], atUs: number): Promise<void> {
  const keys = windows.map(({ key }) => key);
  await evaluate(client, REFUND, keys, [Math.round(atUs), ...windows.map(({ grain }) => grain)]);
}

const hashTagOf = ({ key }: Window) => key.slice(0, key.indexOf('}'));
