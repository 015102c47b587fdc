import { Equals } from 'class-validator';

/** An optional switch for what this version of the service does not have; `false` and `null` are accepted. */
export const NotBuilt = (what: string) =>
  Equals(false, { message: `$property is not available: this version has no ${what}` });
