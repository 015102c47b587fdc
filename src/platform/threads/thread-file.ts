import { extname } from 'node:path';

/** Returns the address of a thread's file beside a module, whose own address is given: compiled, or in tests as it is. */
export function threadFile(name: string, moduleUrl: string): URL {
  return new URL(`./${name}${extname(moduleUrl)}`, moduleUrl);
}
