import { Injectable, type OnModuleInit } from '@nestjs/common';
import { SecretDependants } from '../../platform/crypto/secret-dependants.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { DetectionRepository } from './detection.repository.js';

/** The position of detection depends on the master secret of its codes. */
@Injectable()
export class DetectionDependence implements OnModuleInit {
  constructor(
    private readonly detection: DetectionRepository,
    private readonly dependants: SecretDependants,
    private readonly transactions: TransactionRunner,
  ) {}

  onModuleInit(): void {
    this.dependants.register({
      variable: 'JWT_SECRET_KEY',
      kind: 'detection-positions',
      count: ({ keyId }) => this.detection.countMadeWith(keyId),
      rewrite: async ({ keyId }) => {
        await this.transactions.run((tx) => this.detection.rewrite(tx, keyId));
        return false;
      },
    });
  }
}
