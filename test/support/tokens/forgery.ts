import { generateKeyPairSync } from 'node:crypto';
import type { TokenForge } from './token-forge.js';

/** What a forgery is made from. */
export interface Model {
  readonly forge: TokenForge;
  /** A token that the service accepts, its claims, and its three parts. */
  readonly genuine: string;
  readonly claims: Readonly<Record<string, unknown>>;
  /** A genuine token of somebody else. */
  readonly other: string;
  /** Where a listener waits for whoever follows a link in a token. */
  readonly trap: string;
}

/** What it is, and how it is made; each must be refused. */
export type Forgery = readonly [what: string, make: (model: Model) => string | Promise<string>];

export const strangerRsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const strangerEc = generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** A key of the right kind that is not the installation's. */
export const strangerOf = ({ algorithm }: TokenForge) => (algorithm === 'RS256' ? strangerRsa : strangerEc);

/** Header, payload and signature. */
export const parts = (token: string) => token.split('.') as [string, string, string];

/** The genuine claims under a header that differs. */
export const withHeader =
  (members: Record<string, unknown>): Forgery[1] =>
  ({ forge, claims }) =>
    forge.signed({ ...forge.header, ...members }, claims);

export const withoutHeader =
  (member: string): Forgery[1] =>
  ({ forge, claims }) => {
    const { [member]: _dropped, ...rest } = forge.header;
    return forge.signed(rest, claims);
  };
