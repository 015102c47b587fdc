import { isRunning, type ProcessRecord, readProcess } from './process-table.js';

/** The processes without which a service has no purpose: its own, its parent, and npm and the shells between them. */
export type Lineage = readonly Pick<ProcessRecord, 'pid' | 'startedAt'>[];

const PROGRAM = /^(.*\/)?(?<name>[^/]+?)(\.exe)?$/;
const SHELLS = new Set(['sh', 'bash', 'dash', 'zsh', 'ksh', 'ash', 'busybox', 'fish']);
const PACKAGE_MANAGERS = new Set(['npm', 'npx', 'pnpm', 'pnpx', 'yarn', 'bunx', 'corepack']);
const PACKAGE_MANAGER_SCRIPT = /(^|\/)(npm|npx|pnpm|pnpx|yarn|corepack)(-cli)?(\.c?js)?$/;

/**
 * Returns a process with all of its ancestors up to its parent: whoever ran npm, npx or the command. Package managers and
 * shells that run one line (`sh -c`) stand between them. Returns null if one of them has ended already, so that the process
 * was handed to another parent.
 */
export function lineageOf(pid: number, read: typeof readProcess = readProcess): Lineage | null {
  const lineage: ProcessRecord[] = [];
  for (let next = pid; next > 0;) {
    const found = read(next);
    if (found === null) return null;
    lineage.push(found);
    if (lineage.length > 1 && !isBetween(found.words)) break;
    if (found.parent === 1 && isAdopted(found, read(1))) return null;
    next = found.parent;
  }
  return lineage.map(({ pid, startedAt }) => ({ pid, startedAt }));
}

/** Returns whether every process of a lineage still runs. */
export function isComplete(lineage: Lineage): boolean {
  return lineage.every((one) => isRunning(one));
}

/** Process 1 adopts orphans. Its own children are in its session, or lead one. */
function isAdopted({ pid, session }: ProcessRecord, first: ProcessRecord | null): boolean {
  return session !== null && session !== 0 && session !== pid && session !== first?.session;
}

function isBetween(words: readonly string[]): boolean {
  const name = nameOf(words[0]);
  if (SHELLS.has(name)) return words.some((word, index) => index > 0 && /^-[a-z]*c$/.test(word));
  // npm gives its process a title of its own, in which the command line is one word.
  if (PACKAGE_MANAGERS.has(nameOf(words[0]?.split(' ')[0]))) return true;
  return (
    name.startsWith('node') &&
    PACKAGE_MANAGER_SCRIPT.test(words.slice(1).find((w) => !w.startsWith('-')) ?? '')
  );
}

function nameOf(word = ''): string {
  return PROGRAM.exec(word)?.groups?.['name'] ?? '';
}
