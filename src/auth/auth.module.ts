import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { MailKindsModule } from '../platform/mail/mail.module.js';
import { SecretsModule } from '../platform/secrets/secrets.module.js';
import { AuditModule } from '../audit/audit.module.js';
import { RateLimitModule } from '../rate-limit/rate-limit.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { UsersModule } from '../users/users.module.js';
import { AccountCreation } from './account-creation.js';
import { AccountDeletion } from './account-deletion/account-deletion.js';
import { ACCOUNT_DELETION } from './account-deletion/account-deletion.providers.js';
import { OwnDeletionController } from './account-deletion/own-deletion.controller.js';
import { AccountSecrets } from './account-secrets.js';
import { AddedAccess } from './added-access.js';
import { FactorRemoval } from './credentials/factors/factor-removal.js';
import { FACTORS, PASSKEYS } from './credentials/factors/factor.providers.js';
import { FactorsView } from './credentials/factors/factors-view.js';
import { FactorsController } from './credentials/factors/factors.controller.js';
import { PasskeyRows } from './credentials/factors/passkeys/passkey-rows.js';
import { Passkey } from './credentials/factors/passkeys/passkey.entity.js';
import { PasskeysController } from './credentials/factors/passkeys/passkeys.controller.js';
import { PasskeysRepository } from './credentials/factors/passkeys/passkeys.repository.js';
import { RelyingParty } from './credentials/factors/passkeys/relying-party.js';
import { RecoveryCode } from './credentials/factors/recovery-codes/recovery-code.entity.js';
import { RecoveryCodes } from './credentials/factors/recovery-codes/recovery-codes.js';
import { RecoveryCodesRepository } from './credentials/factors/recovery-codes/recovery-codes.repository.js';
import { FactorRecovery } from './credentials/factors/recovery/factor-recovery.entity.js';
import { RegisteredFactors } from './credentials/factors/registered-factors.js';
import { TotpCodes } from './credentials/factors/totp/totp-codes.js';
import { TotpFactor } from './credentials/factors/totp/totp-factor.entity.js';
import { TotpFactorsRepository } from './credentials/factors/totp/totp-factors.repository.js';
import { TotpSecrets } from './credentials/factors/totp/totp-secrets.js';
import { NewPassword } from './credentials/passwords/new-password.js';
import { PasswordChange } from './credentials/passwords/password-change.js';
import { PasswordCredential } from './credentials/passwords/password-credential.entity.js';
import { PasswordCredentials } from './credentials/passwords/password-credentials.js';
import { PasswordCredentialsRepository } from './credentials/passwords/password-credentials.repository.js';
import { PasswordHasher } from './credentials/passwords/password-hasher.js';
import { PASSWORDS } from './credentials/passwords/password.providers.js';
import { DisowningController } from './disowning/disowning.controller.js';
import { DisownedAccess } from './disowning/disowned-access.js';
import { DisownLinks } from './disowning/disown-links.js';
import { SessionDisowning } from './disowning/session-disowning.js';
import { EmailVerificationController } from './email-verification/email-verification.controller.js';
import { EMAIL_VERIFICATION } from './email-verification/email-verification.providers.js';
import { EmailReservations } from './email/email-reservations.js';
import { EMAIL } from './email/email.providers.js';
import { OwnEmailController } from './email/own-email.controller.js';
import { TakenEmails } from './email/taken-emails.js';
import { FactorRecoveryController } from './factor-recovery/factor-recovery.controller.js';
import { FACTOR_RECOVERY } from './factor-recovery/factor-recovery.providers.js';
import { OwnRecoveryController } from './factor-recovery/own-recovery.controller.js';
import { RecoveryRuns } from './factor-recovery/recovery-runs.js';
import { GUESSES } from './guesses/guess.providers.js';
import { INVITATIONS } from './invitations/invitation.providers.js';
import { InvitationsController } from './invitations/invitations.controller.js';
import { Invitations } from './invitations/invitations.js';
import { AUTH_MAILS } from './mails/auth-mails.js';
import { OwnDataExport } from './own-data/own-data-export.js';
import { OwnDataController } from './own-data/own-data.controller.js';
import { OwnPasswordController } from './own-password/own-password.controller.js';
import { OWN_PASSWORD } from './own-password/own-password.providers.js';
import { PasswordResetController } from './password-reset/password-reset.controller.js';
import { PASSWORD_RESET } from './password-reset/password-reset.providers.js';
import { ResetLinks } from './password-reset/reset-links.js';
import { RegistrationController } from './registration/registration.controller.js';
import { REGISTRATION } from './registration/registration.providers.js';
import { FactorLoginController } from './sign-in/factor-login.controller.js';
import { LoginController } from './sign-in/login.controller.js';
import { PasskeySignInController } from './sign-in/passkey-sign-in.controller.js';
import { SIGN_IN } from './sign-in/sign-in.providers.js';
import { StepUpController } from './step-up/step-up.controller.js';
import { STEP_UP } from './step-up/step-up.providers.js';

/** Registration, sign-in, step-up and the credentials that these check. */
@Module({
  imports: [
    TypeOrmModule.forFeature([FactorRecovery, Passkey, PasswordCredential, RecoveryCode, TotpFactor]),
    AuditModule,
    RateLimitModule,
    UsersModule,
    SessionsModule,
    SecretsModule,
    MailKindsModule.with(...AUTH_MAILS),
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
    ...PASSWORDS,
    AccountCreation,
    ...REGISTRATION,
    ...EMAIL,
    ...EMAIL_VERIFICATION,
    ...FACTORS,
    ...PASSKEYS,
    ...GUESSES,
    ...SIGN_IN,
    ...STEP_UP,
    ...FACTOR_RECOVERY,
    ...OWN_PASSWORD,
    ...ACCOUNT_DELETION,
    OwnDataExport,
    ...INVITATIONS,
    AccountSecrets,
    AddedAccess,
    ...PASSWORD_RESET,
    DisownedAccess,
    DisownLinks,
    SessionDisowning,
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
