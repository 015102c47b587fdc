import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { isEmail } from 'class-validator';
import { AuditService } from '../audit/audit.service.js';
import { LOCALES } from '../platform/access/locale.js';
import { ConfigurationFault } from '../platform/config/configuration-fault.js';
import { Environment } from '../platform/config/environment.js';
import { TransactionRunner } from '../platform/database/transaction-runner.js';
import { isProblem } from '../platform/errors/problem.js';
import { internalOrigin } from '../platform/http/origin.js';
import { canonicalEmail } from '../users/canonical-email.js';
import { UsersErrors } from '../users/users.errors.js';
import { UsersRepository } from '../users/users.repository.js';
import { AccountCreation } from '../auth/account-creation.js';
import { NewPassword } from '../auth/credentials/passwords/new-password.js';
import { untilAvailable } from '../platform/database/until-available.js';

const ORIGIN = internalOrigin('bootstrap');

/**
 * Creates the first administrator if there is none. Does not promote an existing account with the address: anyone may
 * have registered it with their own password.
 */
@Injectable()
export class BootstrapAdministrator implements OnApplicationBootstrap {
  private readonly logger = new Logger(BootstrapAdministrator.name);

  constructor(
    private readonly environment: Environment,
    private readonly passwords: NewPassword,
    private readonly creation: AccountCreation,
    private readonly repository: UsersRepository,
    private readonly audit: AuditService,
    private readonly transactions: TransactionRunner,
  ) {}

  /** Throws {@link ConfigurationFault} for an invalid address or an unacceptable password. */
  async onApplicationBootstrap(): Promise<void> {
    const { BOOTSTRAP_ADMIN_EMAIL: given, BOOTSTRAP_ADMIN_PASSWORD: password } = this.environment;
    if (given === undefined || password === undefined) return;
    if (await untilAvailable(() => this.repository.someoneHas('admin'))) {
      this.logger.log(
        'An administrator exists; BOOTSTRAP_ADMIN_EMAIL and BOOTSTRAP_ADMIN_PASSWORD are ignored',
      );
      return;
    }
    const email = canonicalEmail(given);
    const fault = await this.passwords.faultOf(password, email);
    const faults = [
      ...(isEmail(email) ? [] : ['BOOTSTRAP_ADMIN_EMAIL must be an e-mail address']),
      ...(fault === null ? [] : [`BOOTSTRAP_ADMIN_PASSWORD is not acceptable: ${fault}`]),
    ];
    if (faults.length > 0) throw new ConfigurationFault(faults);
    const passwordHash = await this.passwords.hash(password);
    try {
      await untilAvailable(() => this.create(email, passwordHash));
    } catch (error) {
      if (!isProblem(error, UsersErrors.email_taken)) throw error;
      this.logger.error(
        'BOOTSTRAP_ADMIN_EMAIL names an existing account that is not an administrator; it was not changed',
      );
    }
  }

  private async create(email: string, passwordHash: string): Promise<void> {
    await this.transactions.run(async (tx) => {
      await this.repository.lockRoles(tx);
      if (await this.repository.someoneHas('admin', tx)) return;
      const account = {
        email,
        displayName: null,
        roles: ['user' as const, 'admin' as const],
        locale: LOCALES[0],
        emailVerified: true,
      };
      const { id } = await this.creation.create(tx, account, passwordHash, ORIGIN);
      await this.audit.record(tx, {
        type: 'privilege_permissions_changed',
        outcome: 'success',
        userId: id,
        origin: ORIGIN,
        details: { granted: ['admin'], revoked: [] },
      });
      this.logger.log('Created the first administrator');
    });
  }
}
