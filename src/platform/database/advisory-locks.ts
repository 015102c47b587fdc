/**
 * The keys of the service's advisory locks; only the function `audit_make_month` takes another, by name. Instances of two
 * versions must exclude each other, so the number of a lock stays as it is.
 */
export const ADVISORY_LOCKS = {
  /** Changes of the schema. */
  schema: '5795977089659530348',
  /** Changes of roles, which must leave an administrator. */
  roles: '1919904869',
  /** Subjects of new alerts about mails, whose number is limited. */
  undeliverableMails: '1835100524',
  /** Additions and deletions of signing keys. */
  signingKeys: '1801812339',
  /** Starts of instances, and secrets that come into use. */
  secrets: '8315177722087598969',
  /** The one instance that seals entries of the trail. */
  seals: '5795977089390043500',
  /** The one instance that leads. */
  leadership: '7234316355249663858',
  /** Shared by all processes that use an embedded server. */
  lease: '7810756276994469740',
} as const;
