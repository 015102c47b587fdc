export { type Client, createClient } from './client.js';
export type { Operations, ServerSentEvent } from './generated/operations.gen.js';
export type * from './generated/types.gen.js';
export type { AddedPasskey, Passkeys, PasskeySignIn } from './passkeys.js';
export { isProblem, type ProblemCode, ProblemError } from './problem.js';
export type {
  Answer,
  ClientOptions,
  Credentials,
  Method,
  Path,
  RequestOptions,
  SignedIn,
  SignedOutReason,
  StepUpChallenge,
  TokenStorage,
  Transport,
} from './types.js';
