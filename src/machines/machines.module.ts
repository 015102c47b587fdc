import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuditModule } from '../audit/audit.module.js';
import { MailKindsModule } from '../platform/mail/mail.module.js';
import { RateLimitModule } from '../rate-limit/rate-limit.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { UsersModule } from '../users/users.module.js';
import { ActorRights } from './actor-rights.js';
import { ServiceAccountChanges } from './accounts/service-account-changes.js';
import { ServiceAccountKeysController } from './accounts/service-account-keys.controller.js';
import { ServiceAccountKeys } from './accounts/service-account-keys.js';
import { ServiceAccount } from './service-account.entity.js';
import { ServiceAccountsController } from './accounts/service-accounts.controller.js';
import { ServiceAccountsRepository } from './accounts/service-accounts.repository.js';
import { ServiceAccounts } from './accounts/service-accounts.js';
import { AffectedKeys } from './keys/affected-keys.js';
import { ApiKeysDependence } from './keys/api-keys-dependence.js';
import { ApiKey } from './keys/api-key.entity.js';
import { ApiKeysRepository } from './keys/api-keys.repository.js';
import { KeyLookUpRepository } from './keys/key-look-up.repository.js';
import { KeyChanges } from './keys/key-changes.js';
import { KeyChangesRepository } from './keys/key-changes.repository.js';
import { KeyDigests } from './keys/key-digests.js';
import { KeyIssuing } from './keys/key-issuing.js';
import { KeyLifecycle } from './keys/key-lifecycle.js';
import { KeyNotices } from './keys/key-notices.js';
import { KeyReader } from './keys/key-reader.js';
import { KeyRevocation } from './keys/key-revocation.js';
import { KeySchedule } from './keys/key-schedule.js';
import { KeyScheduleRepository } from './keys/key-schedule.repository.js';
import { KeyUse } from './keys/key-use.js';
import { KeyView } from './keys/key-view.js';
import { ApiKeyCache } from './keys/api-key-cache.js';
import { OwnKeysController } from './keys/own-keys.controller.js';
import { OwnKeysData } from './keys/own-keys-data.js';
import { OwnKeys } from './keys/own-keys.js';
import { OwnersAccess } from './keys/owners-access.js';
import { ClientRecognizer } from './oauth/client-recognizer.js';
import { ClientTokenIssuing } from './oauth/issuing/client-token-issuing.js';
import { ClientTokenMint } from './oauth/issuing/client-token-mint.js';
import { IntrospectionController } from './oauth/known-tokens/introspection.controller.js';
import { KnownTokens } from './oauth/known-tokens/known-tokens.js';
import { RevocationController } from './oauth/known-tokens/revocation.controller.js';
import { ServerMetadataController } from './oauth/metadata/server-metadata.controller.js';
import { ServerMetadata } from './oauth/metadata/server-metadata.js';
import { SignedTokens } from './oauth/known-tokens/signed-tokens.js';
import { TokenEnding } from './oauth/known-tokens/token-ending.js';
import { TokenRevocation } from './oauth/known-tokens/token-revocation.js';
import { TokenController } from './oauth/issuing/token.controller.js';
import { apiKeyCreatedMail } from './mails/api-key-created.mail.js';
import { LeakRecipientsRepository } from './leaks/leak-recipients.repository.js';
import { LeakResponse } from './leaks/leak-response.js';
import { LeakedKeys } from './leaks/leaked-keys.js';
import { SecretScanningController } from './leaks/secret-scanning.controller.js';
import { apiKeyExpiringMail } from './mails/api-key-expiring.mail.js';
import { apiKeyLeakedMail } from './mails/api-key-leaked.mail.js';

const keys = [
  AffectedKeys,
  ApiKeysDependence,
  ApiKeysRepository,
  KeyLookUpRepository,
  KeyChanges,
  KeyChangesRepository,
  KeyDigests,
  KeyIssuing,
  KeyLifecycle,
  KeyNotices,
  KeyReader,
  KeyRevocation,
  KeySchedule,
  KeyScheduleRepository,
  KeyUse,
  KeyView,
  ApiKeyCache,
  OwnKeys,
  OwnKeysData,
  OwnersAccess,
];
const oauth = [
  ClientRecognizer,
  ClientTokenIssuing,
  ClientTokenMint,
  KnownTokens,
  ServerMetadata,
  SignedTokens,
  TokenEnding,
  TokenRevocation,
];
const accounts = [
  ActorRights,
  ServiceAccountChanges,
  ServiceAccountKeys,
  ServiceAccounts,
  ServiceAccountsRepository,
];
const leaks = [LeakRecipientsRepository, LeakResponse, LeakedKeys];

/** Programs as callers: API keys of people and of service accounts. */
@Module({
  imports: [
    TypeOrmModule.forFeature([ApiKey, ServiceAccount]),
    AuditModule,
    UsersModule,
    RateLimitModule,
    SessionsModule,
    MailKindsModule.with(apiKeyCreatedMail, apiKeyExpiringMail, apiKeyLeakedMail),
  ],
  controllers: [
    OwnKeysController,
    ServiceAccountsController,
    ServiceAccountKeysController,
    SecretScanningController,
    TokenController,
    IntrospectionController,
    RevocationController,
    ServerMetadataController,
  ],
  providers: [...keys, ...accounts, ...leaks, ...oauth],
  exports: [
    ActorRights,
    KeyChanges,
    KeyLifecycle,
    KeyView,
    LeakResponse,
    ServiceAccountKeys,
    ServiceAccounts,
  ],
})
export class MachinesModule {}
