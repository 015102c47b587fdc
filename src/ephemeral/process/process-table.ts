import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** A process as the system describes it. */
export interface ProcessRecord {
  readonly pid: number;
  readonly parent: number;
  /** The leader of its session; null where the system does not tell. */
  readonly session: number | null;
  /** When it started, as the system prints it. Ids are reused, so only the id and this time together identify a process. */
  readonly startedAt: string;
  /** The words of its command line. */
  readonly words: readonly string[];
}

/** Returns a running process, or null if there is none with this id. One that has ended and was not reaped counts as gone. */
export function readProcess(pid: number): ProcessRecord | null {
  try {
    return process.platform === 'linux' ? fromProc(pid) : fromPs(pid);
  } catch {
    return null;
  }
}

/** Returns whether a process that was read before still runs. */
export function isRunning({ pid, startedAt }: Pick<ProcessRecord, 'pid' | 'startedAt'>): boolean {
  return readProcess(pid)?.startedAt === startedAt;
}

/** Returns the ids of the processes that work in a folder or below it; only Linux tells. */
export function processesIn(folder: string): number[] {
  if (process.platform !== 'linux') return [];
  const ids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return ids.filter((id) => worksIn(id, folder)).map(Number);
}

function worksIn(id: string, folder: string): boolean {
  try {
    const path = readlinkSync(`/proc/${id}/cwd`);
    return path === folder || path.startsWith(`${folder}/`);
  } catch {
    return false;
  }
}

/** See proc_pid_stat(5). The name of the program stands in parentheses and may contain any character. */
function fromProc(pid: number): ProcessRecord | null {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, parent, , session] = fields;
  if (state === 'Z' || state === 'X') return null;
  const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean);
  return { pid, parent: Number(parent), session: Number(session), startedAt: fields[19]!, words };
}

/** See ps(1) of POSIX; `lstart` is five words long in the C locale. */
function fromPs(pid: number): ProcessRecord | null {
  const columns = ['ppid=', 'stat=', 'lstart=', 'args='].flatMap((column) => ['-o', column]);
  const line = execFileSync('ps', [...columns, '-p', String(pid)], {
    encoding: 'utf8',
    env: { PATH: '/bin:/usr/bin', LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [parent, state, ...rest] = line.trim().split(/\s+/);
  if (parent === undefined || state === undefined || state.startsWith('Z')) return null;
  const startedAt = rest.slice(0, 5).join(' ');
  return { pid, parent: Number(parent), session: null, startedAt, words: rest.slice(5) };
}
