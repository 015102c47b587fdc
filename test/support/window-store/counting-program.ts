import { SystemClock } from '../../../src/platform/clock/clock.js';
import { RedisWindows } from '../../../src/rate-limit/windows/redis-windows.js';
import type { Window } from '../../../src/rate-limit/windows/window.js';
import { connect } from '../redis/connect.js';

/** Sent to the program: make so many requests at once. */
export interface CountingOrder {
  readonly window: Window;
  readonly requests: number;
}

// One instance of the service as far as limits go: connected to the given Redis, it answers each order with how
// many requests were admitted.
const connection = await connect(process.argv.slice(2));
const store = new RedisWindows(connection, new SystemClock());

process.on('message', ({ window, requests }: CountingOrder) => {
  void Promise.all(Array.from({ length: requests }, () => store.consume([window]))).then((answers) =>
    process.send!(answers.filter(([decision]) => decision!.allowed).length),
  );
});
process.once('disconnect', () => connection.onApplicationShutdown());
process.send!('ready');
