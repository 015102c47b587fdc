/**
 * PostgreSQL reported success but wrote nothing: a trigger or rule that is not part of the product suppresses
 * records.
 */
export class RecordsDiscarded extends Error {
  constructor(records: number) {
    super(`PostgreSQL did not write ${records} record(s) of the audit trail, and reported no error.`);
  }
}
