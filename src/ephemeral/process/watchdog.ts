import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Lineage } from './lineage.js';

const PROGRAM = fileURLToPath(new URL('watchdog-program.js', import.meta.url));

/**
 * A process that watches this one and its lineage. It ends this one with SIGTERM when a process of the lineage has ended, and
 * removes the folder, the database server in it and its shared memory when this one has ended, whatever ended it.
 */
export class Watchdog {
  private constructor(private readonly child: ChildProcess) {}

  /** Starts it; `onLost` is called if it ends other than by {@link Watchdog.release}. */
  static start(folder: string, lineage: Lineage, onLost: () => void): Watchdog {
    const child = spawn(process.execPath, [PROGRAM, folder, JSON.stringify(lineage)], {
      // Neither this process's folder, which may be on a disk that is to be unmounted, nor its environment.
      cwd: '/',
      env: {},
      detached: true,
      windowsHide: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const watchdog = new Watchdog(child);
    child.once('error', onLost).once('exit', () => watchdog.released || onLost());
    child.stdin?.on('error', () => undefined);
    return watchdog;
  }

  private released = false;

  /** Lets it remove the folder now; resolves when that is done and it has ended. */
  async release(): Promise<void> {
    this.released = true;
    const { pid, exitCode, signalCode } = this.child;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.stdin?.end();
    await ended;
  }
}
