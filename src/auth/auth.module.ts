import { Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { PassportModule } from '@nestjs/passport';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuditModule } from '../audit/audit.module.js';
import { RateLimitModule } from '../rate-limit/rate-limit.module.js';
import { UsersModule } from '../users/users.module.js';
import { AccountAdministration } from './administration/account-administration.js';
import { BootstrapAdministrator } from './administration/bootstrap-administrator.js';
import { AuthController } from './auth.controller.js';
import { TokenCookies } from './cookies/token-cookies.js';
import { DeviceTokens } from './devices/device-tokens.js';
import { AuthenticationGuard } from './guards/authentication.guard.js';
import { AuthorizationGuard } from './guards/authorization.guard.js';
import { CallerClues } from './guards/caller-clues.js';
import { CsrfGuard } from './guards/csrf.guard.js';
import { JwksController } from './keys/jwks.controller.js';
import { KeyMaker } from './keys/key-maker.js';
import { KeyRing } from './keys/key-ring.js';
import { KeyRotation } from './keys/key-rotation.js';
import { KeySeal } from './keys/key-seal.js';
import { SigningKey } from './keys/signing-key.entity.js';
import { SigningKeysRepository } from './keys/signing-keys.repository.js';
import { SuppliedKey } from './keys/supplied-key.js';
import { LoginService } from './login.service.js';
import { LogoutService } from './logout.service.js';
import { NewPassword } from './passwords/new-password.js';
import { PasswordHasher } from './passwords/password-hasher.js';
import { PasswordPolicy } from './passwords/password-policy.js';
import { RefreshService } from './refresh.service.js';
import { RegistrationService } from './registration.service.js';
import { RefreshTokens } from './sessions/refresh-tokens.js';
import { RevocationFeed } from './sessions/revocation-feed.js';
import { SessionLifetimes } from './sessions/session-lifetimes.js';
import { SessionPurge } from './sessions/session-purge.js';
import { SessionRenewal } from './sessions/session-renewal.js';
import { SessionRevocation } from './sessions/session-revocation.js';
import { SessionState } from './sessions/session-state.js';
import { Session } from './sessions/session.entity.js';
import { SessionsRepository } from './sessions/sessions.repository.js';
import { SessionsService } from './sessions/sessions.service.js';
import { SignInService } from './sign-in.service.js';
import { TokenAnswer } from './token-answer.js';
import { AccessTokens } from './tokens/access-tokens.js';
import { JwtStrategy } from './tokens/jwt.strategy.js';
import { PresentedTokens } from './tokens/presented-tokens.js';
import { VerifiedTokens } from './tokens/verified-tokens.js';

const keys = [KeyMaker, KeyRing, KeyRotation, KeySeal, SigningKeysRepository, SuppliedKey];
const passwords = [NewPassword, PasswordHasher, PasswordPolicy];
const sessions = [
  RefreshTokens,
  RevocationFeed,
  SessionLifetimes,
  SessionPurge,
  SessionRenewal,
  SessionRevocation,
  SessionsRepository,
  SessionsService,
  SessionState,
];
const tokens = [
  AccessTokens,
  JwtStrategy,
  PresentedTokens,
  TokenAnswer,
  TokenCookies,
  DeviceTokens,
  VerifiedTokens,
];
const administration = [AccountAdministration, BootstrapAdministrator];
const useCases = [LoginService, LogoutService, RefreshService, RegistrationService, SignInService];
const guards = [CsrfGuard, AuthenticationGuard, AuthorizationGuard, CallerClues];

/** Who is calling: registration, login, sessions, tokens, keys, passwords. */
@Module({
  imports: [
    TypeOrmModule.forFeature([Session, SigningKey]),
    JwtModule.register({}),
    PassportModule,
    AuditModule,
    RateLimitModule,
    UsersModule,
  ],
  controllers: [AuthController, JwksController],
  providers: [...keys, ...passwords, ...sessions, ...tokens, ...useCases, ...administration, ...guards],
  exports: [
    ...guards,
    AccountAdministration,
    NewPassword,
    PasswordHasher,
    SessionRevocation,
    SessionState,
    KeyRotation,
  ],
})
export class AuthModule {}
