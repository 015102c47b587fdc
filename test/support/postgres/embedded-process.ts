import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('embedded-program.ts', import.meta.url));

/** An event that the program reported. */
interface ProgramEvent {
  readonly urls?: { readonly serviceUrl: string; readonly ownerUrl: string; readonly superuserUrl: string };
  readonly tookMs?: number;
  readonly drained?: true;
  readonly warn?: string;
  readonly log?: string;
}

/** A process that uses the embedded server of a folder and that a spec can kill. */
export interface EmbeddedProcess {
  readonly child: ChildProcess;
  readonly events: readonly ProgramEvent[];
  /** Resolves with the URLs; rejects with the stderr output if the process ends before. */
  readonly started: Promise<Required<ProgramEvent>['urls']>;
  /** Sends a signal to the whole process group, as a terminal does, and waits until the process has ended. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** Starts the program in its own process group, as the given user if the caller is root. */
export function spawnEmbedded(
  dataDir: string,
  user: Pick<SpawnOptions, 'uid' | 'gid'> = {},
): EmbeddedProcess {
  const child = spawn(process.execPath, ['--import', 'tsx', PROGRAM, dataDir], {
    ...user,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const events: ProgramEvent[] = [];
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (complaint += chunk));
  const started = new Promise<Required<ProgramEvent>['urls']>((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      const event = JSON.parse(line) as ProgramEvent;
      events.push(event);
      if (event.urls) resolve(event.urls);
    });
    child.once('close', () => reject(new Error(complaint)));
  });
  started.catch(() => {});
  return {
    child,
    events,
    started,
    end: async (signal) => {
      const closed = once(child, 'close');
      process.kill(-child.pid!, signal);
      await closed;
      return child.exitCode;
    },
  };
}
