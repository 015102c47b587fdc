import { PlatformErrors } from './platform.errors.js';
import { Problem } from './problem.js';

/** Returns a `validation_failed` problem for one member, for checks that a DTO decorator cannot make. */
export function unacceptable(pointer: string, detail: string): Problem {
  return new Problem(PlatformErrors.validation_failed, { errors: [{ pointer, detail }] });
}
