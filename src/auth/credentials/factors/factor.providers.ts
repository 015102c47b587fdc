import { FactorAdditions } from './factor-additions.js';
import { FactorKindsRepository } from './factor-kinds.repository.js';
import { FactorMethods } from './factor-methods.js';
import { FactorNotices } from './factor-notices.js';
import { FactorProofs } from './factor-proofs.js';
import { FactorRemoval } from './factor-removal.js';
import { FactorsView } from './factors-view.js';
import { OwnFactors } from './own-factors.js';
import { PasskeyCeremonies } from './passkeys/passkey-ceremonies.js';
import { CeremonyChallenge } from './passkeys/ceremony-challenge.js';
import { PasskeyProofs } from './passkeys/passkey-proofs.js';
import { PasskeyRegistration } from './passkeys/passkey-registration.js';
import { PasskeyRows } from './passkeys/passkey-rows.js';
import { PasskeysRepository } from './passkeys/passkeys.repository.js';
import { RegistrationChallenges } from './passkeys/registration-challenges.js';
import { RelyingParty } from './passkeys/relying-party.js';
import { StepUpChallenges } from './passkeys/step-up-challenges.js';
import { WebauthnLibrary } from './passkeys/webauthn-library.js';
import { RecoveryCodeUse } from './recovery-codes/recovery-code-use.js';
import { RecoveryCodesDependence } from './recovery-codes/recovery-codes-dependence.js';
import { RecoveryCodes } from './recovery-codes/recovery-codes.js';
import { RecoveryCodesRepository } from './recovery-codes/recovery-codes.repository.js';
import { FactorRecoveriesRepository } from './recovery/factor-recoveries.repository.js';
import { RecoveryMeans } from './recovery/recovery-means.js';
import { RegisteredFactors } from './registered-factors.js';
import { TotpCheck } from './totp/totp-check.js';
import { TotpCodes } from './totp/totp-codes.js';
import { TotpEnrolment } from './totp/totp-enrolment.js';
import { TotpFactorsRepository } from './totp/totp-factors.repository.js';
import { TotpSecrets } from './totp/totp-secrets.js';
import { TypedCodes } from './typed-codes.js';

/** The providers of second factors: authenticator apps and recovery codes. */
export const FACTORS = [
  FactorAdditions,
  FactorKindsRepository,
  FactorMethods,
  FactorNotices,
  FactorProofs,
  FactorRecoveriesRepository,
  FactorRemoval,
  FactorsView,
  OwnFactors,
  RecoveryCodeUse,
  RecoveryCodes,
  RecoveryCodesDependence,
  RecoveryCodesRepository,
  RecoveryMeans,
  RegisteredFactors,
  TotpCheck,
  TotpCodes,
  TotpEnrolment,
  TotpFactorsRepository,
  TotpSecrets,
  TypedCodes,
];

/** The providers of passkeys, for second factors and for signing in without a password. */
export const PASSKEYS = [
  CeremonyChallenge,
  PasskeyCeremonies,
  PasskeyProofs,
  PasskeyRegistration,
  PasskeyRows,
  PasskeysRepository,
  RegistrationChallenges,
  RelyingParty,
  StepUpChallenges,
  WebauthnLibrary,
];
