import { readFileSync, readlinkSync } from 'node:fs';

/**
 * Identifies the scope in which process ids are unique: this boot of the kernel, and the PID namespace. Containers
 * may share a volume and a host name, and a process id that is absent in one of them may be in use in the other.
 * Empty on systems without /proc, which do not have such containers either.
 */
export function processSpace(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8);
    const namespace = /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0];
    return `${boot}-${namespace}`;
  } catch {
    return '';
  }
}
