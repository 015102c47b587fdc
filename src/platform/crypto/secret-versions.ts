import { keyIdOf } from './key-id.js';

/** A value needs a secret that is in none of the variables. */
class UnknownSecret extends Error {
  constructor(readonly keyId: string) {
    super(`The value was made with another secret, whose key id is ${keyId}.`);
    this.name = 'UnknownSecret';
  }
}

/** The current and the former values of one secret, by their key ids. */
export class SecretVersions {
  private readonly secrets: ReadonlyMap<string, string>;
  private current: string;
  private settled: readonly string[] = [];

  /**
   * `previous` are former values, the most recent first. Until {@link makeWith} is called, the oldest is used, which every
   * instance knows during a change.
   */
  constructor(secret: string, previous: readonly string[] = []) {
    this.secrets = new Map([secret, ...previous].map((value) => [keyIdOf(value), value]));
    this.current = this.ids.at(-1)!;
  }

  /** The id of the secret with which values are made. */
  get id(): string {
    return this.current;
  }

  /** The ids of all known secrets, the newest first. */
  get ids(): string[] {
    return [...this.secrets.keys()];
  }

  knows(id: string): boolean {
    return this.secrets.has(id);
  }

  /** Whether no instance makes values with a secret any more, as far as this one knows. */
  isSettled(id: string): boolean {
    return this.settled.includes(id);
  }

  /** Replaces the ids for {@link isSettled}. */
  settle(ids: readonly string[]): void {
    this.settled = ids;
  }

  /** Makes values with another of the known secrets from now on. */
  makeWith(id: string): void {
    this.secretOf(id);
    this.current = id;
  }

  /** Throws {@link UnknownSecret}. */
  protected secretOf(id: string): string {
    const secret = this.secrets.get(id);
    if (secret === undefined) throw new UnknownSecret(id);
    return secret;
  }
}
