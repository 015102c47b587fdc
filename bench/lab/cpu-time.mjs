import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts processor time in hundredths of a second, whatever the kernel was built with. */
const TICK_MS = 10;

/** Returns the processor time used by a process, in milliseconds; 0 if it has ended. */
export function cpuMs(pid) {
  const { user, system } = statOf(pid) ?? { user: 0, system: 0 };
  return (user + system) * TICK_MS;
}

/** Returns the same for a process and its live children, such as PostgreSQL and its backends. */
export function familyCpuMs(pid) {
  const family = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && statOf(name)?.parent === pid);
  return family.reduce((sum, child) => sum + cpuMs(child), cpuMs(pid));
}

/** Returns the resident memory of a process in bytes. */
export function residentBytes(pid) {
  const [, kilobytes] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(kilobytes) * 1024;
}

function statOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // After the name, which may contain spaces and parentheses: state, parent, …, user and system time.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { parent: Number(fields[1]), user: Number(fields[11]), system: Number(fields[12]) };
  } catch {
    return null;
  }
}
