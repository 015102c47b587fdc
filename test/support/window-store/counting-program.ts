import { SystemClock } from '../../../src/platform/clock/clock.js';
import { LeasedWindows } from '../../../src/rate-limit/windows/leased-windows.js';
import { RedisWindows } from '../../../src/rate-limit/windows/redis-windows.js';
import type { Window } from '../../../src/rate-limit/windows/window.js';
import { connect } from '../redis/connect.js';

/** A message to the program: make this many requests at once. */
export interface CountingOrder {
  readonly window: Window;
  readonly requests: number;
}

// Applies limits like an instance of the service that is connected to the given Redis, and replies to each order with
// the number of admitted requests, or with the error of one.
const connection = await connect(process.argv.slice(2));
const store = new LeasedWindows(connection, new RedisWindows(connection, new SystemClock()));
store.onApplicationBootstrap();

process.on('message', ({ window, requests }: CountingOrder) => {
  void Promise.all(Array.from({ length: requests }, () => store.consume([window]))).then(
    (answers) => process.send!(answers.filter(([decision]) => decision!.allowed).length),
    (error: unknown) => process.send!(String(error)),
  );
});
process.once('disconnect', () => connection.onApplicationShutdown());
process.send!('ready');
