import { FactorChallenges } from './factor-challenges.js';
import { FactorLoginService } from './factor-login.service.js';
import { LoginService } from './login.service.js';
import { PasskeyChallenges } from './passkey-challenges.js';
import { PasskeyOptions } from './passkey-options.js';
import { PasskeyRecord } from './passkey-record.js';
import { PasskeySignInService } from './passkey-sign-in.service.js';
import { RefusedSignIns } from './refused-sign-ins.js';
import { SignInService } from './sign-in.service.js';
import { UnverifiedSignIns } from './unverified-sign-ins.js';

/** The providers of sign-in: by password, second factor and passkey. */
export const SIGN_IN = [
  FactorChallenges,
  FactorLoginService,
  LoginService,
  PasskeyChallenges,
  PasskeyOptions,
  PasskeyRecord,
  PasskeySignInService,
  RefusedSignIns,
  SignInService,
  UnverifiedSignIns,
];
