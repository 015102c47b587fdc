/** PostgreSQL reported success and did not write: a trigger or a rule that is not the product's swallows records. */
export class SwallowedRecords extends Error {
  constructor(records: number) {
    super(`PostgreSQL did not write ${records} record(s) of the audit trail, and reported no error.`);
  }
}
