import 'reflect-metadata';
import { DataSource } from 'typeorm';
import { PasswordCredential } from './src/auth/credentials/passwords/password-credential.entity.js';
import { RecoveryCode } from './src/auth/credentials/factors/recovery-codes/recovery-code.entity.js';
import { FactorRecovery } from './src/auth/credentials/factors/recovery/factor-recovery.entity.js';
import { Passkey } from './src/auth/credentials/factors/passkeys/passkey.entity.js';
import { TotpFactor } from './src/auth/credentials/factors/totp/totp-factor.entity.js';
import { KnownDevice } from './src/sessions/devices/known-device.entity.js';
import { SigningKey } from './src/sessions/keys/signing-key.entity.js';
import { Session } from './src/sessions/session.entity.js';
import { ServiceAccount } from './src/machines/service-account.entity.js';
import { ApiKey } from './src/machines/keys/api-key.entity.js';
import { Alert } from './src/monitoring/alerts/alert.entity.js';
import { loadEnvironment } from './src/platform/config/load-environment.js';
import { dataSourceOptions } from './src/platform/database/data-source-options.js';
import { MIGRATIONS } from './src/platform/database/migrations/migrations.js';
import { OutboxMessage } from './src/platform/outbox/outbox-message.entity.js';
import { SingleUseSecret } from './src/platform/secrets/secret.entity.js';
import { AddressBlock } from './src/rate-limit/blocks/address-block.entity.js';
import { LoginFailures } from './src/rate-limit/guessing/login-failures.entity.js';
import { User } from './src/users/user.entity.js';

/** The TypeORM command line's view of the database, as the owner; the application has its own in DatabaseModule. */
export default new DataSource({
  ...dataSourceOptions(loadEnvironment(), 'migrations'),
  entities: [
    User,
    PasswordCredential,
    FactorRecovery,
    Passkey,
    TotpFactor,
    RecoveryCode,
    Session,
    KnownDevice,
    SigningKey,
    LoginFailures,
    AddressBlock,
    ServiceAccount,
    ApiKey,
    Alert,
    OutboxMessage,
    SingleUseSecret,
  ],
  migrations: [...MIGRATIONS],
});
