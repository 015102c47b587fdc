import { Module } from '@nestjs/common';
import { MailKindsModule } from '../platform/mail/mail.module.js';
import { SecretsModule } from '../platform/secrets/secrets.module.js';
import { AuditModule } from '../audit/audit.module.js';
import { RateLimitModule } from '../rate-limit/rate-limit.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { UsersModule } from '../users/users.module.js';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AccountSecrets } from './account-secrets.js';
import { AccountTakeback } from './addresses/account-takeback.js';
import { AddressChangeMails } from './addresses/address-change-mails.js';
import { AddressChangeRequests } from './addresses/address-change-requests.js';
import { AddressChanges } from './addresses/address-changes.js';
import { AddressLinks } from './addresses/address-links.js';
import { AddressMails } from './addresses/address-mails.js';
import { AddressProofs } from './addresses/address-proofs.js';
import { AddressReservations } from './addresses/address-reservations.js';
import { AddressUndoing } from './addresses/address-undoing.js';
import { AddressUndos } from './addresses/address-undos.js';
import { AddressVerification } from './verification/address-verification.js';
import { AddressesController } from './verification/addresses.controller.js';
import { LinkPasswords } from './verification/link-passwords.js';
import { OwnAddressController } from './addresses/own-address.controller.js';
import { UnverifiedSignIns } from './sign-in/unverified-sign-ins.js';
import { VerificationRequests } from './addresses/verification-requests.js';
import { VerifiedAddressCondition } from './addresses/verified-address-condition.js';
import { PasswordCredential } from './credentials/passwords/password-credential.entity.js';
import { PasswordChange } from './credentials/passwords/password-change.js';
import { PasswordCredentials } from './credentials/passwords/password-credentials.js';
import { PasswordCredentialsRepository } from './credentials/passwords/password-credentials.repository.js';
import { BreachedPasswords } from './credentials/passwords/breached-passwords.js';
import { NewPassword } from './credentials/passwords/new-password.js';
import { PasswordCostsRepository } from './credentials/passwords/password-costs.repository.js';
import { PasswordHasher } from './credentials/passwords/password-hasher.js';
import { PasswordPolicy } from './credentials/passwords/password-policy.js';
import { AccountCreation } from './registration/account-creation.js';
import { OpenRegistration } from './registration/open-registration.js';
import { RegistrationController } from './registration/registration.controller.js';
import { OwnPasswordController } from './own-password/own-password.controller.js';
import { OwnPassword } from './own-password/own-password.service.js';
import { PasswordSwap } from './own-password/password-swap.js';
import { passwordChangedMail } from './mails/password-changed.mail.js';
import { passwordResetMail } from './mails/password-reset.mail.js';
import { PasswordReset } from './recovery/password-reset.js';
import { PasswordVoiding } from './recovery/password-voiding.js';
import { RecoveryController } from './recovery/recovery.controller.js';
import { ResetCompletion } from './recovery/reset-completion.js';
import { ResetLinks } from './recovery/reset-links.js';
import { ResetRequests } from './recovery/reset-requests.js';
import { SessionDisowning } from './recovery/session-disowning.js';
import { RegistrationService } from './registration/registration.service.js';
import { SilentRegistration } from './registration/silent-registration.js';
import { TakenNotices } from './registration/taken-notices.js';
import { addressChangeMail } from './mails/address-change.mail.js';
import { addressChangedMail } from './mails/address-changed.mail.js';
import { addressChangingMail } from './mails/address-changing.mail.js';
import { addressTakenMail } from './mails/address-taken.mail.js';
import { registrationTakenMail } from './mails/registration-taken.mail.js';
import { verificationMail } from './mails/verification.mail.js';
import { PasswordStepUp } from './step-up/password-step-up.js';
import { SessionGuesses } from './step-up/session-guesses.js';
import { StepUpController } from './step-up/step-up.controller.js';
import { StepUpService } from './step-up/step-up.service.js';
import { LoginController } from './sign-in/login.controller.js';
import { LoginRecord } from './sign-in/login-record.js';
import { LoginService } from './sign-in/login.service.js';
import { SignInService } from './sign-in/sign-in.service.js';

const passwords = [
  BreachedPasswords,
  PasswordCostsRepository,
  NewPassword,
  PasswordChange,
  PasswordCredentials,
  PasswordCredentialsRepository,
  PasswordHasher,
  PasswordPolicy,
];
const addresses = [
  AccountTakeback,
  AddressChangeMails,
  AddressChangeRequests,
  AddressChanges,
  AddressLinks,
  AddressMails,
  AddressProofs,
  AddressReservations,
  AddressUndoing,
  AddressUndos,
  AddressVerification,
  LinkPasswords,
  UnverifiedSignIns,
  VerificationRequests,
  VerifiedAddressCondition,
];
const registration = [
  AccountCreation,
  OpenRegistration,
  RegistrationService,
  SilentRegistration,
  TakenNotices,
];
const signIn = [LoginService, LoginRecord, SignInService];
const stepUp = [PasswordStepUp, SessionGuesses, StepUpService];
const ownPassword = [OwnPassword, PasswordSwap];
const recovery = [
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
    TypeOrmModule.forFeature([PasswordCredential]),
    AuditModule,
    RateLimitModule,
    UsersModule,
    SessionsModule,
    SecretsModule,
    MailKindsModule.with(
      addressChangeMail,
      addressChangedMail,
      addressChangingMail,
      addressTakenMail,
      passwordChangedMail,
      passwordResetMail,
      registrationTakenMail,
      verificationMail,
    ),
  ],
  controllers: [
    RegistrationController,
    LoginController,
    StepUpController,
    OwnPasswordController,
    RecoveryController,
    AddressesController,
    OwnAddressController,
  ],
  providers: [...passwords, ...registration, ...addresses, ...signIn, ...stepUp, ...ownPassword, ...recovery],
  exports: [AccountCreation, NewPassword, PasswordChange, PasswordCredentials, PasswordHasher],
})
export class AuthModule {}
