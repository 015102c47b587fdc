import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const READY_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 30_000;
const LOOK_EVERY_MS = 10;

/** A server started by this run. It is stopped by its process id and has ended when {@link Child.stop} resolves. */
export class Child {
  /** Starts a program with its output in a file. Its environment consists only of `env` and a PATH. */
  static start({ name, command, args, env = {}, cwd, log }) {
    const output = openSync(log, 'a');
    const startedAt = performance.now();
    const process = spawn(command, args, {
      cwd,
      env: { PATH: globalThis.process.env.PATH, ...env },
      stdio: ['ignore', output, output],
    });
    closeSync(output);
    return new Child(name, process, log, startedAt);
  }

  constructor(name, process, log, startedAt) {
    this.name = name;
    this.process = process;
    this.log = log;
    this.startedAt = startedAt;
    this.ended = once(process, 'exit');
    this.ended.catch(() => {});
  }

  get pid() {
    return this.process.pid;
  }

  /** Resolves, with the milliseconds since the start, once the URL returns 2xx; throws with the last lines of the log. */
  async answersAt(url) {
    while (performance.now() - this.startedAt < READY_WITHIN_MS) {
      if (this.process.exitCode !== null || this.process.signalCode !== null) break;
      const response = await fetch(url).catch(() => null);
      await response?.arrayBuffer();
      if (response?.ok) return performance.now() - this.startedAt;
      await delay(LOOK_EVERY_MS);
    }
    const lastWords = readFileSync(this.log, 'utf8').trimEnd().split('\n').slice(-15).join('\n');
    throw new Error(`${this.name} did not come to answer at ${url}:\n${lastWords}`);
  }

  async stop() {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    this.process.kill('SIGTERM');
    const patience = new AbortController();
    const gaveUp = delay(STOP_WITHIN_MS, 'late', { signal: patience.signal }).catch(() => {});
    if ((await Promise.race([this.ended, gaveUp])) === 'late') this.process.kill('SIGKILL');
    patience.abort();
    await this.ended;
  }
}
