import { FactorLoginService } from './factor-login.service.js';
import { LoginService } from './login.service.js';
import { PasskeyOptions } from './passkey-options.js';
import { PasskeyFailureRecorder } from './passkey-failure-recorder.js';
import { PasskeySignInChallenges } from './passkey-sign-in-challenges.js';
import { PasskeySignInService } from './passkey-sign-in.service.js';
import { PendingLogins } from './pending-logins.js';
import { SignInService } from './sign-in.service.js';
import { UnverifiedSignIns } from './unverified-sign-ins.js';

/** The providers of sign-in: by password, second factor and passkey. */
export const SIGN_IN = [
  FactorLoginService,
  LoginService,
  PasskeyOptions,
  PasskeyFailureRecorder,
  PasskeySignInChallenges,
  PasskeySignInService,
  PendingLogins,
  SignInService,
  UnverifiedSignIns,
];
