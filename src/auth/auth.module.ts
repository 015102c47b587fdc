import { Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { PassportModule } from '@nestjs/passport';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuditModule } from '../audit/audit.module.js';
import { RateLimitModule } from '../rate-limit/rate-limit.module.js';
import { UsersModule } from '../users/users.module.js';
import { AccountAdministration } from '../admin/account-administration.js';
import { BootstrapAdministrator } from '../admin/bootstrap-administrator.js';
import { AuthController } from './auth.controller.js';
import { TokenCookies } from '../sessions/tokens/token-cookies.js';
import { DeviceTokens } from '../sessions/devices/device-tokens.js';
import { AuthenticationGuard } from '../sessions/guards/authentication.guard.js';
import { AuthorizationGuard } from '../sessions/guards/authorization.guard.js';
import { CallerClues } from '../sessions/guards/caller-clues.js';
import { CsrfGuard } from '../sessions/guards/csrf.guard.js';
import { JwksController } from '../sessions/keys/jwks.controller.js';
import { KeyMaker } from '../sessions/keys/key-maker.js';
import { KeyRing } from '../sessions/keys/key-ring.js';
import { KeyRotation } from '../sessions/keys/key-rotation.js';
import { KeySeal } from '../sessions/keys/key-seal.js';
import { SigningKey } from '../sessions/keys/signing-key.entity.js';
import { SigningKeysRepository } from '../sessions/keys/signing-keys.repository.js';
import { SuppliedKey } from '../sessions/keys/supplied-key.js';
import { LoginService } from './sign-in/login.service.js';
import { LogoutService } from '../sessions/revocation/logout.service.js';
import { BreachedPasswords } from './credentials/passwords/breached-passwords.js';
import { NewPassword } from './credentials/passwords/new-password.js';
import { PasswordCostsRepository } from './credentials/passwords/password-costs.repository.js';
import { PasswordHasher } from './credentials/passwords/password-hasher.js';
import { PasswordPolicy } from './credentials/passwords/password-policy.js';
import { RefreshService } from '../sessions/refresh/refresh.service.js';
import { RegistrationService } from './registration/registration.service.js';
import { RefreshTokens } from '../sessions/refresh/refresh-tokens.js';
import { RevocationFeed } from '../sessions/revocation/revocation-feed.js';
import { SessionLifetimes } from '../sessions/session-lifetimes.js';
import { SessionPurge } from '../sessions/session-purge.js';
import { SessionRenewal } from '../sessions/refresh/session-renewal.js';
import { SessionRevocation } from '../sessions/revocation/session-revocation.js';
import { SessionState } from '../sessions/state/session-state.js';
import { Session } from '../sessions/session.entity.js';
import { SessionsRepository } from '../sessions/sessions.repository.js';
import { SessionsService } from '../sessions/session-issuer.js';
import { SignInService } from './sign-in/sign-in.service.js';
import { TokenResponse } from '../sessions/tokens/token-response.js';
import { AccessTokens } from '../sessions/tokens/access-tokens.js';
import { JwtStrategy } from '../sessions/tokens/jwt.strategy.js';
import { PresentedTokens } from '../sessions/tokens/presented-tokens.js';
import { VerifiedTokens } from '../sessions/tokens/verified-tokens.js';

const keys = [KeyMaker, KeyRing, KeyRotation, KeySeal, SigningKeysRepository, SuppliedKey];
const passwords = [BreachedPasswords, NewPassword, PasswordCostsRepository, PasswordHasher, PasswordPolicy];
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
  TokenResponse,
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
