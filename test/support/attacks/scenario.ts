/** An action, `at` milliseconds after the start of the scenario. Accounts and addresses are names of the kit. */
export type Act = { readonly at: number } & (
  | {
      readonly kind: 'login';
      readonly account: string;
      readonly address: string;
      readonly password: 'right' | 'wrong';
      /** Whether the device has a token of the account; `first` is the first login of the account. */
      readonly device?: 'known' | 'new' | 'first';
      readonly userAgent?: string;
    }
  | { readonly kind: 'request'; readonly address: string }
  /** A request for an e-mail to an account, such as the link that resets its password. */
  | { readonly kind: 'mail'; readonly account: string; readonly address: string }
  | { readonly kind: 'forgery'; readonly address: string }
  | {
      readonly kind: 'key';
      readonly key: string;
      readonly owner: string;
      readonly reason: 'revoked' | 'expired' | 'forbidden' | 'rate_limited';
      readonly address: string;
    }
  | { readonly kind: 'reuse'; readonly account: string; readonly address: string }
  | { readonly kind: 'grant'; readonly account: string; readonly role: 'user' | 'auditor' | 'admin' }
);

/** A sequence of acts, and the rules that it must trigger: all of these and no others. */
export interface Scenario {
  readonly name: string;
  readonly expects: readonly string[];
  readonly acts: readonly Act[];
  /** Variables for the service, in addition to those that every scenario needs. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** Creates a number of acts that are spread evenly over a number of seconds. */
export function spread<T extends Act>(
  count: number,
  seconds: number,
  act: (index: number) => Omit<T, 'at'>,
): T[] {
  return Array.from(
    { length: count },
    (_, index) => ({ ...act(index), at: (index * seconds * 1000) / count }) as T,
  );
}
