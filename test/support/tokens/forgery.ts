import { generateKeyPairSync } from 'node:crypto';
import type { TokenForge } from './token-forge.js';

/** The material from which a forgery is created. */
export interface Model {
  readonly forge: TokenForge;
  /** A token that the service accepts, its claims, and its three parts. */
  readonly genuine: string;
  readonly claims: Readonly<Record<string, unknown>>;
  /** A genuine token of another user. */
  readonly other: string;
  /** The URL of a listener that detects whether a link in a token is followed. */
  readonly trap: string;
}

/** A forged token, which must be refused: its name, and the function that creates it. */
export type Forgery = readonly [what: string, make: (model: Model) => string | Promise<string>];

export const strangerRsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const strangerEc = generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** A key of the right type that does not belong to the installation. */
export const strangerOf = ({ algorithm }: TokenForge) => (algorithm === 'RS256' ? strangerRsa : strangerEc);

/** Header, payload and signature. */
export const parts = (token: string) => token.split('.') as [string, string, string];

/** The genuine claims with a changed header. */
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
