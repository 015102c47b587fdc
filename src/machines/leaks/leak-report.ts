/** A text that was found in a public place and may be one of our keys. */
export interface LeakReport {
  readonly token: string;
  /** Where it was found; empty if that has no address. */
  readonly url: string;
  /** The kind of place, such as `content` or `commit`. */
  readonly source?: string | undefined;
}

/** A key that was found in a public place and has been revoked. */
export interface Leak {
  readonly keyId: string;
  /** Null for a key of a service account. */
  readonly userId: string | null;
  readonly serviceAccountId: string | null;
  readonly urls: readonly string[];
  readonly sources: readonly string[];
}
