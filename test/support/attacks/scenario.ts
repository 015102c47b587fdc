/** What somebody does, `at` milliseconds after the scenario's start. Accounts and addresses are names of the kit. */
export type Act = { readonly at: number } & (
  | {
      readonly kind: 'login';
      readonly account: string;
      readonly address: string;
      readonly password: 'right' | 'wrong';
      /** Whether the device holds the account's token; `first` is the account's own first login. */
      readonly device?: 'known' | 'new' | 'first';
      readonly userAgent?: string;
    }
  | { readonly kind: 'request'; readonly address: string }
  | { readonly kind: 'forgery'; readonly address: string }
  | { readonly kind: 'reuse'; readonly account: string; readonly address: string }
  | { readonly kind: 'grant'; readonly account: string; readonly role: 'user' | 'auditor' | 'admin' }
);

/** A course of events, and the rules that it must make true: all of these and no other. */
export interface Scenario {
  readonly name: string;
  readonly expects: readonly string[];
  readonly acts: readonly Act[];
  /** What the service must be configured with, beyond what every scenario needs, when it is acted out. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** So many acts, evenly spread over so many seconds. */
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
