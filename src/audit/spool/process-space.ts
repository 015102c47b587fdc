import { readFileSync, readlinkSync } from 'node:fs';

/**
 * What process ids are unique in: this boot of this kernel, and the namespace within it. Containers may share a volume and
 * a host name, and a process id that does not run in one of them says nothing of the other. Empty where there is no
 * /proc, and so no such containers either.
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
