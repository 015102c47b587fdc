import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { RateLimitModule } from '../rate-limit/rate-limit.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { UsersModule } from '../users/users.module.js';
import { TypeOrmModule } from '@nestjs/typeorm';
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
import { RegistrationController } from './registration/registration.controller.js';
import { RegistrationService } from './registration/registration.service.js';
import { PasswordStepUp } from './step-up/password-step-up.js';
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
const signIn = [LoginService, LoginRecord, SignInService];
const stepUp = [PasswordStepUp, StepUpService];

/** Registration, sign-in, step-up and the credentials that these check. */
@Module({
  imports: [
    TypeOrmModule.forFeature([PasswordCredential]),
    AuditModule,
    RateLimitModule,
    UsersModule,
    SessionsModule,
  ],
  controllers: [RegistrationController, LoginController, StepUpController],
  providers: [...passwords, ...signIn, ...stepUp, AccountCreation, RegistrationService],
  exports: [AccountCreation, NewPassword, PasswordChange, PasswordCredentials, PasswordHasher],
})
export class AuthModule {}
