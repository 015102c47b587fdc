import type { Redis } from 'ioredis';
import { vi } from 'vitest';
import { Clock } from '../../../src/platform/clock/clock.js';
import type { RedisConnection } from '../../../src/platform/redis/redis-connection.js';
import { RedisUnavailable } from '../../../src/platform/redis/redis-unavailable.js';
import { LeasedWindows } from '../../../src/rate-limit/windows/leased-windows.js';
import { CONSUME, REFUND, SETTLE } from '../../../src/rate-limit/windows/redis-scripts.js';
import { RedisWindows } from '../../../src/rate-limit/windows/redis-windows.js';
import type { Decision, Window } from '../../../src/rate-limit/windows/window.js';
import { CONSUME_WITHOUT_LEASES } from './script-without-leases.js';

/** A script unchanged, except that the server's own time stands still: only the clock of the test moves. */
const inOurTime = (lua: string) => lua.replace("redis.call('TIME')", '{ 0, 0 }');

const SCRIPTS = new Map([CONSUME, REFUND, SETTLE].map(({ lua, sha }) => [sha, inOurTime(lua)]));
const FORMER_SCRIPT = inOurTime(CONSUME_WITHOUT_LEASES);

/** How often each instance gives back what it has not spent, milliseconds. */
const SETTLE_MS = 250;

/** Instances of the service that share a real Redis in simulated time. Call {@link end} when done with it. */
export class SimulatedFleet {
  /** Time since the start, milliseconds. */
  nowMs = 1_000_000;
  /** Time that each command takes to reach Redis. */
  latencyMs = 0;
  /** Whether answers get lost after Redis has executed the command. */
  losesAnswers = false;
  /** Commands that Redis has executed. */
  commands = 0;

  instances: LeasedWindows[];

  constructor(
    private readonly redis: Redis,
    instances: number,
  ) {
    vi.useFakeTimers({ toFake: ['performance'] });
    this.instances = Array.from({ length: instances }, () => this.start());
  }

  end(): void {
    vi.useRealTimers();
  }

  /** Replaces an instance that was killed; what it held is not given back. */
  kill(index: number): void {
    this.instances[index] = this.start();
  }

  /** Returns whether a request is admitted by an instance; throws if Redis does not decide about it. */
  async isAdmitted(instance: number, windows: readonly Window[]): Promise<boolean> {
    return allowed(await this.instances[instance]!.consume(windows));
  }

  /** Returns whether a request is admitted by an instance of a version without leases. */
  async isAdmittedWithoutLeases({ key, limit, windowMs, grain }: Window): Promise<boolean> {
    const plan = String.fromCharCode(1, 1);
    const args = [0, this.nowMs * 1000, plan, limit, windowMs * 1000, grain];
    const [, remaining] = (await this.redis.eval(FORMER_SCRIPT, 1, key, ...args)) as [number, number];
    return remaining >= 0;
  }

  /** Makes requests of an instance at once; returns how many were admitted. */
  async burst(instance: number, windows: readonly Window[], requests: number): Promise<number> {
    const answers = Array.from({ length: requests }, () => this.isAdmitted(instance, windows));
    return (await Promise.all(answers)).filter(Boolean).length;
  }

  /** Makes requests of an instance one after another; returns how many were admitted. */
  async sequence(instance: number, windows: readonly Window[], requests: number): Promise<number> {
    let admitted = 0;
    for (let request = 0; request < requests; request++)
      if (await this.isAdmitted(instance, windows)) admitted++;
    return admitted;
  }

  /** Returns how many requests all instances together admit one by one, before the first refusal of each. */
  async rest(windows: readonly Window[]): Promise<number> {
    let admitted = 0;
    for (const [instance] of this.instances.entries())
      while (await this.isAdmitted(instance, windows)) admitted++;
    return admitted;
  }

  /** Lets time pass, in which every instance gives back what is unspent. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= SETTLE_MS) {
      this.advance(Math.min(left, SETTLE_MS));
      for (const instance of this.instances) await instance.settleEnded();
    }
  }

  private start(): LeasedWindows {
    const connection = this.connection();
    return new LeasedWindows(connection, new RedisWindows(connection, this.clock()));
  }

  private advance(ms: number): void {
    this.nowMs += ms;
    vi.advanceTimersByTime(ms);
  }

  private clock(): Clock {
    const now = () => this.nowMs;
    return new (class extends Clock {
      nowMs = now;
      override aheadMs = now;
    })();
  }

  private connection(): RedisConnection {
    const client = {
      evalsha: async (sha: string, ...args: [number, ...(string | number)[]]) => {
        // A command is on its way with the time at which it was sent; Redis reads its clock when it arrives.
        this.advance(this.latencyMs);
        const at = args[0] + (sha === CONSUME.sha ? 2 : 1);
        args[at] = this.nowMs * 1000;
        this.commands++;
        const answer = await this.redis.eval(SCRIPTS.get(sha)!, ...args);
        if (this.losesAnswers) throw new RedisUnavailable('lost');
        return answer;
      },
    };
    return {
      clustered: false,
      configured: true,
      state: 'up',
      atEndOfTurn: (send: () => void) => void setImmediate(send),
      run: (command: (one: typeof client, isAwaited: () => boolean) => unknown) =>
        command(client, () => true),
    } as unknown as RedisConnection;
  }
}

const allowed = (decisions: readonly Decision[]) => decisions.every((decision) => decision.allowed);
