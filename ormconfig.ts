import 'reflect-metadata';
import { DataSource } from 'typeorm';
import { PasswordCredential } from './src/auth/credentials/passwords/password-credential.entity.js';
import { KnownDevice } from './src/sessions/devices/known-device.entity.js';
import { SigningKey } from './src/sessions/keys/signing-key.entity.js';
import { Session } from './src/sessions/session.entity.js';
import { Alert } from './src/monitoring/alerts/alert.entity.js';
import { Delivery } from './src/monitoring/delivery/delivery.entity.js';
import { loadEnvironment } from './src/platform/config/load-environment.js';
import { dataSourceOptions } from './src/platform/database/data-source-options.js';
import { MIGRATIONS } from './src/platform/database/migrations/migrations.js';
import { AddressBlock } from './src/rate-limit/blocks/address-block.entity.js';
import { LoginFailures } from './src/rate-limit/guessing/login-failures.entity.js';
import { User } from './src/users/user.entity.js';

/** The TypeORM command line's view of the database, as the owner; the application has its own in DatabaseModule. */
export default new DataSource({
  ...dataSourceOptions(loadEnvironment(), 'migrations'),
  entities: [
    User,
    PasswordCredential,
    Session,
    KnownDevice,
    SigningKey,
    LoginFailures,
    AddressBlock,
    Alert,
    Delivery,
  ],
  migrations: [...MIGRATIONS],
});
