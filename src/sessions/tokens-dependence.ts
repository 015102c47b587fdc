import { Injectable, type OnModuleInit } from '@nestjs/common';
import { SecretDependants } from '../platform/crypto/secret-dependants.js';
import { TokensDependenceRepository } from './tokens-dependence.repository.js';

/**
 * The latest refresh token of a session and the token of a known device depend on the master secret that made them, until a
 * refresh or a login replaces them. Without it, the session ends with its access token, and the device is a new one.
 */
@Injectable()
export class TokensDependence implements OnModuleInit {
  constructor(
    private readonly repository: TokensDependenceRepository,
    private readonly dependants: SecretDependants,
  ) {}

  onModuleInit(): void {
    const variable = 'JWT_SECRET_KEY' as const;
    this.dependants.register({
      variable,
      kind: 'sessions',
      count: (secret) => this.repository.countSessions(secret),
    });
    this.dependants.register({
      variable,
      kind: 'known-devices',
      count: (secret) => this.repository.countDevices(secret),
    });
  }
}
