import { Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { PassportModule } from '@nestjs/passport';
import { TypeOrmModule } from '@nestjs/typeorm';
import { MailKindsModule } from '../platform/mail/mail.module.js';
import { SecretsModule } from '../platform/secrets/secrets.module.js';
import { newDeviceMail } from './mails/new-device.mail.js';
import { AuditModule } from '../audit/audit.module.js';
import { RateLimitModule } from '../rate-limit/rate-limit.module.js';
import { UsersModule } from '../users/users.module.js';
import { DeviceTokens } from './devices/device-tokens.js';
import { NewDeviceNotice } from './devices/new-device-notice.js';
import { KnownDevice } from './devices/known-device.entity.js';
import { KnownDevicesRepository } from './devices/known-devices.repository.js';
import { SessionDevices } from './devices/session-devices.js';
import { AuthenticationGuard } from './guards/authentication.guard.js';
import { AccessRefusals } from './guards/access-refusals.js';
import { AuthorizationGuard } from './guards/authorization.guard.js';
import { CrossSiteCheck } from './guards/cross-site-check.js';
import { CsrfGuard } from './guards/csrf.guard.js';
import { RateLimitSubjectGuard } from './guards/rate-limit-subject.guard.js';
import { RefusedChangesInterceptor } from './guards/refused-changes.interceptor.js';
import { TokenAcceptance } from './guards/token-acceptance.js';
import { JwksController } from './keys/jwks.controller.js';
import { KeyAuthenticity } from './keys/key-authenticity.js';
import { KeyMaker } from './keys/key-maker.js';
import { KeyRing } from './keys/key-ring.js';
import { SigningThreads } from './keys/signing-threads.js';
import { TokenSigner } from './keys/token-signer.js';
import { KeyRotation } from './keys/key-rotation.js';
import { PrivateKeyEncryption } from './keys/private-key-encryption.js';
import { KeysDependence } from './keys/keys-dependence.js';
import { KeyStore } from './keys/key-store.js';
import { SigningKey } from './keys/signing-key.entity.js';
import { SigningKeysRepository } from './keys/signing-keys.repository.js';
import { SuppliedKey } from './keys/supplied-key.js';
import { CallerAccount } from './own-sessions/caller-account.js';
import { OwnSessionsController } from './own-sessions/own-sessions.controller.js';
import { OwnSessions } from './own-sessions/own-sessions.js';
import { PlaceNames } from './own-sessions/place-names.js';
import { SessionDescription } from './own-sessions/session-description.js';
import { RoleCheck } from './levels/role-check.js';
import { SessionLevels } from './levels/session-levels.js';
import { SessionLevelsRepository } from './levels/session-levels.repository.js';
import { RecentProof } from './recent/recent-proof.js';
import { OwnSessionData } from './own-sessions/own-session-data.js';
import { SessionTraces } from './session-traces.js';
import { SessionStepUp } from './recent/session-step-up.js';
import { StepUpMethods } from './recent/step-up-methods.js';
import { RefreshTokens } from './refresh/refresh-tokens.js';
import { RefreshService } from './refresh/refresh.service.js';
import { RotationsRepository } from './refresh/rotations.repository.js';
import { SessionRenewal } from './refresh/session-renewal.js';
import { SessionRotation } from './refresh/session-rotation.js';
import { LogoutService } from './logout.service.js';
import { RecentRevocations } from './state/recent-revocations.js';
import { SessionChangesRepository } from './state/session-changes.repository.js';
import { AccessChanges } from './revocation/access-changes.js';
import { RevocationAnswers } from './revocation-list/revocation-answers.js';
import { RevocationListRepository } from './revocation-list/revocation-list.repository.js';
import { RevocationReader } from './revocation-list/revocation-reader.js';
import { RevocationListWriter } from './revocation-list/revocation-list-writer.js';
import { RevocationRetention } from './revocation-list/revocation-retention.js';
import { RevocationsController } from './revocation-list/revocations.controller.js';
import { RevocationWatch } from './revocation-list/revocation-watch.js';
import { AccessRevocation } from './revocation/access-revocation.js';
import { SessionAnnouncement } from './revocation/session-announcement.js';
import { SessionRevocation } from './revocation/session-revocation.js';
import { SessionConditions } from './issuing/session-conditions.js';
import { SessionFactory } from './issuing/session-factory.js';
import { SessionIssuer } from './issuing/session-issuer.js';
import { SessionLifetimes } from './session-lifetimes.js';
import { SessionOpening } from './issuing/session-opening.js';
import { SessionPurge } from './session-purge.js';
import { SignInRecorder } from './issuing/sign-in-recorder.js';
import { Session } from './session.entity.js';
import { SessionsController } from './sessions.controller.js';
import { SessionsRepository } from './sessions.repository.js';
import { CallerSession } from './state/caller-session.js';
import { LocalAccountCache } from './state/local-account-cache.js';
import { LastSeen } from './state/last-seen.js';
import { SessionCache } from './state/session-cache.js';
import { SessionState } from './state/session-state.js';
import { AccessTokens } from './tokens/access-tokens.js';
import { BearerReaders } from './tokens/bearer-readers.js';
import { Clients } from './tokens/clients.js';
import { TokenInspection } from './tokens/token-inspection.js';
import { TokenKeys } from './tokens/token-keys.js';
import { JwtStrategy } from './tokens/jwt.strategy.js';
import { PresentedTokens } from './tokens/presented-tokens.js';
import { TokensDependence } from './tokens-dependence.js';
import { TokensDependenceRepository } from './tokens-dependence.repository.js';
import { TokenCookies } from './tokens/token-cookies.js';
import { TokenResponse } from './tokens/token-response.js';
import { VerifiedTokens } from './tokens/verified-tokens.js';

const keys = [
  KeyAuthenticity,
  KeyMaker,
  KeyRing,
  KeyRotation,
  PrivateKeyEncryption,
  KeyStore,
  SigningKeysRepository,
  SuppliedKey,
  SigningThreads,
  TokenSigner,
];
const sessions = [
  SessionConditions,
  SessionFactory,
  SessionIssuer,
  SessionLifetimes,
  SessionOpening,
  SessionPurge,
  SignInRecorder,
  SessionsRepository,
];
const devices = [DeviceTokens, KnownDevicesRepository, NewDeviceNotice, SessionDevices];
const dependence = [KeysDependence, TokensDependence, TokensDependenceRepository];
const refresh = [RefreshService, RefreshTokens, RotationsRepository, SessionRenewal, SessionRotation];
const levels = [RoleCheck, SessionLevels, SessionLevelsRepository];
const recent = [RecentProof, SessionStepUp, StepUpMethods];
const revocation = [
  AccessChanges,
  AccessRevocation,
  LogoutService,
  RecentRevocations,
  SessionChangesRepository,
  SessionAnnouncement,
  SessionRevocation,
];
const revocationList = [
  RevocationAnswers,
  RevocationListRepository,
  RevocationReader,
  RevocationListWriter,
  RevocationRetention,
  RevocationWatch,
];
const ownSessions = [CallerAccount, OwnSessions, PlaceNames, SessionDescription];
const state = [CallerSession, LocalAccountCache, LastSeen, SessionCache, SessionState];
const tokens = [
  AccessTokens,
  BearerReaders,
  Clients,
  JwtStrategy,
  PresentedTokens,
  TokenCookies,
  TokenInspection,
  TokenKeys,
  TokenResponse,
  VerifiedTokens,
];
const guards = [
  CrossSiteCheck,
  CsrfGuard,
  AuthenticationGuard,
  AuthorizationGuard,
  AccessRefusals,
  RateLimitSubjectGuard,
  RefusedChangesInterceptor,
  TokenAcceptance,
];

/** Authenticates callers: sessions, their tokens and keys, refresh, logout, and the guards that read them. */
@Module({
  imports: [
    TypeOrmModule.forFeature([KnownDevice, Session, SigningKey]),
    JwtModule.register({}),
    PassportModule,
    AuditModule,
    RateLimitModule,
    UsersModule,
    SecretsModule,
    MailKindsModule.with(newDeviceMail),
  ],
  controllers: [SessionsController, OwnSessionsController, JwksController, RevocationsController],
  providers: [
    OwnSessionData,
    SessionTraces,
    ...keys,
    ...sessions,
    ...devices,
    ...dependence,
    ...refresh,
    ...recent,
    ...levels,
    ...revocation,
    ...revocationList,
    ...ownSessions,
    ...state,
    ...tokens,
    ...guards,
  ],
  exports: [
    ...guards,
    AccessChanges,
    AccessRevocation,
    BearerReaders,
    CallerAccount,
    CallerSession,
    Clients,
    KeyRotation,
    OwnSessions,
    PlaceNames,
    PresentedTokens,
    RecentProof,
    RefreshTokens,
    RevocationListWriter,
    RoleCheck,
    SessionConditions,
    SessionDescription,
    SessionDevices,
    SessionIssuer,
    SessionsRepository,
    SessionLevels,
    SessionRevocation,
    SessionState,
    SessionStepUp,
    SessionTraces,
    StepUpMethods,
    TokenCookies,
    TokenInspection,
    TokenResponse,
    TokenSigner,
  ],
})
export class SessionsModule {}
