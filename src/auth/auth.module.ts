import { Module } from '@nestjs/common';
import { MailKindsModule } from '../platform/mail/mail.module.js';
import { SecretsModule } from '../platform/secrets/secrets.module.js';
import { AuditModule } from '../audit/audit.module.js';
import { RateLimitModule } from '../rate-limit/rate-limit.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { UsersModule } from '../users/users.module.js';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AccountSecrets } from './account-secrets.js';
import { AccountDeletion } from './account-deletion/account-deletion.js';
import { AccountTraces } from './account-deletion/account-traces.js';
import { DeletionNotice } from './account-deletion/deletion-notice.js';
import { ErasedTraces } from './account-deletion/erased-traces.js';
import { OwnDeletion } from './account-deletion/own-deletion.js';
import { OwnDeletionController } from './account-deletion/own-deletion.controller.js';
import { accountDeletedMail } from './mails/account-deleted.mail.js';
import { AccountTakeback } from './email/account-takeback.js';
import { EmailChangeMails } from './email/email-change-mails.js';
import { EmailChangeRequests } from './email/email-change-requests.js';
import { EmailChanges } from './email/email-changes.js';
import { EmailLinks } from './email/email-links.js';
import { EmailVerificationMails } from './email/email-verification-mails.js';
import { EmailProofs } from './email/email-proofs.js';
import { EmailReservations } from './email/email-reservations.js';
import { EmailChangeUndoing } from './email/email-change-undoing.js';
import { EmailChangeUndos } from './email/email-change-undos.js';
import { TakenEmails } from './email/taken-emails.js';
import { EmailVerification } from './email-verification/email-verification.js';
import { EmailVerificationController } from './email-verification/email-verification.controller.js';
import { LinkPasswords } from './email-verification/link-passwords.js';
import { OwnEmailController } from './email/own-email.controller.js';
import { UnverifiedSignIns } from './sign-in/unverified-sign-ins.js';
import { VerificationRequests } from './email/verification-requests.js';
import { VerifiedEmailCondition } from './email/verified-email-condition.js';
import { FactorRecovery } from './credentials/factors/recovery/factor-recovery.entity.js';
import { FactorRecoveryController } from './factor-recovery/factor-recovery.controller.js';
import { FACTOR_RECOVERY } from './factor-recovery/factor-recovery.providers.js';
import { OwnRecoveryController } from './factor-recovery/own-recovery.controller.js';
import { RecoveryRuns } from './factor-recovery/recovery-runs.js';
import { FactorGuesses } from './sign-in/factor-guesses.js';
import { FactorRemoval } from './credentials/factors/factor-removal.js';
import { FactorsController } from './credentials/factors/factors.controller.js';
import { FactorsView } from './credentials/factors/factors-view.js';
import { Passkey } from './credentials/factors/passkeys/passkey.entity.js';
import { PasskeyRows } from './credentials/factors/passkeys/passkey-rows.js';
import { PasskeysRepository } from './credentials/factors/passkeys/passkeys.repository.js';
import { RelyingParty } from './credentials/factors/passkeys/relying-party.js';
import { PasskeysController } from './credentials/factors/passkeys/passkeys.controller.js';
import { RegisteredFactors } from './credentials/factors/registered-factors.js';
import { RecoveryCode } from './credentials/factors/recovery-codes/recovery-code.entity.js';
import { RecoveryCodes } from './credentials/factors/recovery-codes/recovery-codes.js';
import { RecoveryCodesRepository } from './credentials/factors/recovery-codes/recovery-codes.repository.js';
import { TotpCodes } from './credentials/factors/totp/totp-codes.js';
import { TotpFactor } from './credentials/factors/totp/totp-factor.entity.js';
import { TotpFactorsRepository } from './credentials/factors/totp/totp-factors.repository.js';
import { TotpSecrets } from './credentials/factors/totp/totp-secrets.js';
import { PasswordCredential } from './credentials/passwords/password-credential.entity.js';
import { PasswordChange } from './credentials/passwords/password-change.js';
import { PasswordCredentials } from './credentials/passwords/password-credentials.js';
import { PasswordCredentialsRepository } from './credentials/passwords/password-credentials.repository.js';
import { FACTORS, PASSKEYS } from './credentials/factors/factor.providers.js';
import { BreachedPasswords } from './credentials/passwords/breached-passwords.js';
import { HashRenewal } from './credentials/passwords/hash-renewal.js';
import { NewPassword } from './credentials/passwords/new-password.js';
import { PasswordCostsRepository } from './credentials/passwords/password-costs.repository.js';
import { PasswordHasher } from './credentials/passwords/password-hasher.js';
import { ForeignHashes } from './credentials/passwords/foreign/foreign-hashes.js';
import { PasswordPolicy } from './credentials/passwords/password-policy.js';
import { StrengthEstimator } from './credentials/passwords/strength-estimator.js';
import { PasswordsDependence } from './credentials/passwords/passwords-dependence.js';
import { AccountCreation } from './account-creation.js';
import { OpenRegistration } from './registration/open-registration.js';
import { RegistrationController } from './registration/registration.controller.js';
import { OwnDataController } from './own-data/own-data.controller.js';
import { OwnDataExport } from './own-data/own-data-export.js';
import { OwnPasswordController } from './own-password/own-password.controller.js';
import { OwnPassword } from './own-password/own-password.js';
import { PasswordSwap } from './own-password/password-swap.js';
import { passwordChangedMail } from './mails/password-changed.mail.js';
import { passwordResetMail } from './mails/password-reset.mail.js';
import { AcceptedAccounts } from './invitations/accepted-accounts.js';
import { InvitationAcceptance } from './invitations/invitation-acceptance.js';
import { InvitationLinks } from './invitations/invitation-links.js';
import { Invitations } from './invitations/invitations.js';
import { InvitationsController } from './invitations/invitations.controller.js';
import { invitationMail } from './mails/invitation.mail.js';
import { AccountClaim } from './password-reset/account-claim.js';
import { PasswordReset } from './password-reset/password-reset.js';
import { PasswordVoiding } from './password-reset/password-voiding.js';
import { PasswordResetController } from './password-reset/password-reset.controller.js';
import { ResetCompletion } from './password-reset/reset-completion.js';
import { ResetLinks } from './password-reset/reset-links.js';
import { ResetRequests } from './password-reset/reset-requests.js';
import { DisowningController } from './disowning/disowning.controller.js';
import { SessionDisowning } from './disowning/session-disowning.js';
import { RegistrationService } from './registration/registration.service.js';
import { SilentRegistration } from './registration/silent-registration.js';
import { TakenNotices } from './registration/taken-notices.js';
import { addressChangeMail } from './mails/address-change.mail.js';
import { addressChangedMail } from './mails/address-changed.mail.js';
import { addressChangingMail } from './mails/address-changing.mail.js';
import { addressTakenMail } from './mails/address-taken.mail.js';
import { factorAddedMail } from './mails/factor-added.mail.js';
import { factorRemovedMail } from './mails/factor-removed.mail.js';
import { recoveryDoneMail } from './mails/recovery-done.mail.js';
import { recoveryReadyMail } from './mails/recovery-ready.mail.js';
import { recoveryStartedMail } from './mails/recovery-started.mail.js';
import { recoveryCodeUsedMail } from './mails/recovery-code-used.mail.js';
import { registrationTakenMail } from './mails/registration-taken.mail.js';
import { verificationMail } from './mails/verification.mail.js';
import { CodeStepUp } from './step-up/code-step-up.js';
import { PasskeyStepUp } from './step-up/passkey-step-up.js';
import { PasswordStepUp } from './step-up/password-step-up.js';
import { SessionGuesses } from './step-up/session-guesses.js';
import { StepUpController } from './step-up/step-up.controller.js';
import { StepUpService } from './step-up/step-up.service.js';
import { CountedGuesses } from './sign-in/counted-guesses.js';
import { FactorChallenges } from './sign-in/factor-challenges.js';
import { FactorLoginController } from './sign-in/factor-login.controller.js';
import { FactorLoginService } from './sign-in/factor-login.service.js';
import { PasskeyChallenges } from './sign-in/passkey-challenges.js';
import { PasskeyOptions } from './sign-in/passkey-options.js';
import { PasskeyRecord } from './sign-in/passkey-record.js';
import { PasskeySignInController } from './sign-in/passkey-sign-in.controller.js';
import { PasskeySignInService } from './sign-in/passkey-sign-in.service.js';
import { RefusedSignIns } from './sign-in/refused-sign-ins.js';
import { LoginController } from './sign-in/login.controller.js';
import { LoginRecord } from './sign-in/login-record.js';
import { LoginService } from './sign-in/login.service.js';
import { PasswordGuesses } from './sign-in/password-guesses.js';
import { SignInService } from './sign-in/sign-in.service.js';

const passwords = [
  BreachedPasswords,
  ForeignHashes,
  HashRenewal,
  PasswordCostsRepository,
  NewPassword,
  PasswordChange,
  PasswordCredentials,
  PasswordCredentialsRepository,
  PasswordHasher,
  PasswordPolicy,
  PasswordsDependence,
  StrengthEstimator,
];
const addresses = [
  AccountTakeback,
  EmailChangeMails,
  EmailChangeRequests,
  EmailChanges,
  EmailLinks,
  EmailVerificationMails,
  EmailProofs,
  EmailReservations,
  EmailChangeUndoing,
  EmailChangeUndos,
  EmailVerification,
  LinkPasswords,
  TakenEmails,
  UnverifiedSignIns,
  VerificationRequests,
  VerifiedEmailCondition,
];
const registration = [
  AccountCreation,
  OpenRegistration,
  RegistrationService,
  SilentRegistration,
  TakenNotices,
];
const signIn = [
  CountedGuesses,
  FactorChallenges,
  FactorGuesses,
  FactorLoginService,
  LoginService,
  LoginRecord,
  PasskeyChallenges,
  PasskeyOptions,
  PasskeyRecord,
  PasskeySignInService,
  PasswordGuesses,
  RefusedSignIns,
  SignInService,
];
const stepUp = [CodeStepUp, PasskeyStepUp, PasswordStepUp, SessionGuesses, StepUpService];
const ownPassword = [OwnPassword, PasswordSwap];
const deletion = [AccountDeletion, AccountTraces, DeletionNotice, ErasedTraces, OwnDeletion];
const invitations = [AcceptedAccounts, InvitationAcceptance, InvitationLinks, Invitations];
const recovery = [
  AccountClaim,
  AccountSecrets,
  PasswordReset,
  PasswordVoiding,
  ResetCompletion,
  ResetLinks,
  ResetRequests,
  SessionDisowning,
];

/** Registration, sign-in, step-up and the credentials that these check. */
@Module({
  imports: [
    TypeOrmModule.forFeature([FactorRecovery, Passkey, PasswordCredential, RecoveryCode, TotpFactor]),
    AuditModule,
    RateLimitModule,
    UsersModule,
    SessionsModule,
    SecretsModule,
    MailKindsModule.with(
      accountDeletedMail,
      addressChangeMail,
      addressChangedMail,
      addressChangingMail,
      addressTakenMail,
      factorAddedMail,
      factorRemovedMail,
      invitationMail,
      passwordChangedMail,
      passwordResetMail,
      recoveryCodeUsedMail,
      recoveryDoneMail,
      recoveryReadyMail,
      recoveryStartedMail,
      registrationTakenMail,
      verificationMail,
    ),
  ],
  controllers: [
    RegistrationController,
    InvitationsController,
    LoginController,
    FactorLoginController,
    FactorsController,
    FactorRecoveryController,
    OwnRecoveryController,
    PasskeysController,
    PasskeySignInController,
    StepUpController,
    OwnDataController,
    OwnDeletionController,
    OwnPasswordController,
    PasswordResetController,
    DisowningController,
    EmailVerificationController,
    OwnEmailController,
  ],
  providers: [
    ...passwords,
    ...registration,
    ...addresses,
    // After the addresses: an unproven address is reported before a missing factor, in the order of registration.
    ...FACTORS,
    ...PASSKEYS,
    ...signIn,
    ...stepUp,
    ...FACTOR_RECOVERY,
    ...ownPassword,
    ...deletion,
    OwnDataExport,
    ...invitations,
    ...recovery,
  ],
  exports: [
    AccountCreation,
    AccountDeletion,
    EmailReservations,
    FactorRemoval,
    FactorsView,
    Invitations,
    NewPassword,
    PasskeyRows,
    PasskeysRepository,
    PasswordChange,
    PasswordCredentials,
    PasswordCredentialsRepository,
    PasswordHasher,
    RecoveryCodes,
    RecoveryCodesRepository,
    RecoveryRuns,
    RegisteredFactors,
    RelyingParty,
    ResetLinks,
    TakenEmails,
    TotpCodes,
    TotpFactorsRepository,
    TotpSecrets,
  ],
})
export class AuthModule {}
