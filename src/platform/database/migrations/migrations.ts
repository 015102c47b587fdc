import type { MigrationInterface } from 'typeorm';
import { Foundation1795400000000 } from './1795400000000-foundation.js';
import { Audit1795400001000 } from './1795400001000-audit.js';
import { RateLimit1795400002000 } from './1795400002000-rate-limit.js';
import { Users1795400003000 } from './1795400003000-users.js';
import { Auth1795400004000 } from './1795400004000-auth.js';
import { Monitoring1795400005000 } from './1795400005000-monitoring.js';
import { AuditFunctions1795400006000 } from './1795400006000-audit-functions.js';
import { FirstLogin1795400007000 } from './1795400007000-first-login.js';
import { Deliveries1795400008000 } from './1795400008000-deliveries.js';
import { AuditPositions1795400009000 } from './1795400009000-audit-positions.js';
import { PasswordCredentials1795400009100 } from './1795400009100-password-credentials.js';
import { SessionProofs1795400009200 } from './1795400009200-session-proofs.js';
import { SigningKeyCodes1795400009300 } from './1795400009300-signing-key-codes.js';
import { Outbox1795400010000 } from './1795400010000-outbox.js';
import { SingleUseSecrets1795400011000 } from './1795400011000-single-use-secrets.js';
import { DetectionCodes1795400012000 } from './1795400012000-detection-codes.js';
import { CredentialVersion1795400014000 } from './1795400014000-credential-version.js';
import { SessionLastSeen1795400014800 } from './1795400014800-session-last-seen.js';
import { GroupedCalls1795400015000 } from './1795400015000-grouped-calls.js';
import { AuditRebase1795400015100 } from './1795400015100-audit-rebase.js';
import { UserLocale1795400016000 } from './1795400016000-user-locale.js';
import { MailBounds1795400016100 } from './1795400016100-mail-bounds.js';
import { RemovedPasswords1795400016200 } from './1795400016200-removed-passwords.js';
import { SecretsByAddress1795400016500 } from './1795400016500-secrets-by-address.js';
import { DeviceFirstLogin1795400016600 } from './1795400016600-device-first-login.js';
import { BootstrapVerified1795400016700 } from './1795400016700-bootstrap-verified.js';
import { Factors1795400017000 } from './1795400017000-factors.js';
import { ApiKeys1795400018000 } from './1795400018000-api-keys.js';
import { SessionFactors1795400017100 } from './1795400017100-session-factors.js';
import { Revocations1795400019000 } from './1795400019000-revocations.js';
import { Administration1795400020000 } from './1795400020000-administration.js';
import { TrailFormat21795400021000 } from './1795400021000-trail-format-2.js';
import { Erasures1795400021100 } from './1795400021100-erasures.js';
import { Passkeys1795400022000 } from './1795400022000-passkeys.js';
import { SecretKeys1795400024000 } from './1795400024000-secret-keys.js';
import { PasswordTriggers1795400025000 } from './1795400025000-password-triggers.js';
import { ReducedKeys1795400030000 } from './1795400030000-reduced-keys.js';
import { FactorRecoveries1795400032000 } from './1795400032000-factor-recoveries.js';
import { ReducedSessions1795400033000 } from './1795400033000-reduced-sessions.js';
import { RecoveryCredentials1795400035000 } from './1795400035000-recovery-credentials.js';
import { ErasureProgress1795400036000 } from './1795400036000-erasure-progress.js';
import { ErasureByKey1795400037000 } from './1795400037000-erasure-by-key.js';
import { RevocationsByOwner1795400038000 } from './1795400038000-revocations-by-owner.js';
import { TokenExpiry1795400040000 } from './1795400040000-token-expiry.js';
import { TrailProofs1795400041000 } from './1795400041000-trail-proofs.js';
import { EntrySizes1795400042000 } from './1795400042000-entry-sizes.js';

/** Every migration in order. They are listed by name because globs break under bundlers and loaders. */
export const MIGRATIONS: readonly (new () => MigrationInterface)[] = [
  Foundation1795400000000,
  Audit1795400001000,
  RateLimit1795400002000,
  Users1795400003000,
  Auth1795400004000,
  Monitoring1795400005000,
  AuditFunctions1795400006000,
  FirstLogin1795400007000,
  Deliveries1795400008000,
  AuditPositions1795400009000,
  PasswordCredentials1795400009100,
  SessionProofs1795400009200,
  SigningKeyCodes1795400009300,
  Outbox1795400010000,
  SingleUseSecrets1795400011000,
  DetectionCodes1795400012000,
  CredentialVersion1795400014000,
  SessionLastSeen1795400014800,
  GroupedCalls1795400015000,
  AuditRebase1795400015100,
  UserLocale1795400016000,
  MailBounds1795400016100,
  RemovedPasswords1795400016200,
  SecretsByAddress1795400016500,
  DeviceFirstLogin1795400016600,
  BootstrapVerified1795400016700,
  Factors1795400017000,
  SessionFactors1795400017100,
  ApiKeys1795400018000,
  Revocations1795400019000,
  Administration1795400020000,
  TrailFormat21795400021000,
  Erasures1795400021100,
  Passkeys1795400022000,
  SecretKeys1795400024000,
  PasswordTriggers1795400025000,
  ReducedKeys1795400030000,
  FactorRecoveries1795400032000,
  ReducedSessions1795400033000,
  RecoveryCredentials1795400035000,
  ErasureProgress1795400036000,
  ErasureByKey1795400037000,
  RevocationsByOwner1795400038000,
  TokenExpiry1795400040000,
  TrailProofs1795400041000,
  EntrySizes1795400042000,
];
