import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Environment } from '../platform/config/environment.js';
import { CidrList } from '../platform/http/client-ip/cidr-list.js';
import { scopesAllowedTo } from '../machines/keys/scopes.js';
import { GateRules } from './rules/gate-rules.js';

/** Logs a warning at the start about each setting that is valid but probably a mistake. */
@Injectable()
export class StartWarnings implements OnModuleInit {
  private readonly logger = new Logger('Gateway');

  constructor(
    private readonly environment: Environment,
    private readonly rules: GateRules,
  ) {}

  onModuleInit(): void {
    const { GATEWAY_PEERS, TRUSTED_PROXIES } = this.environment;
    const trusted = new CidrList(TRUSTED_PROXIES);
    const isUntrusted = GATEWAY_PEERS.some((block) => !trusted.covers(block));
    if (isUntrusted && this.rules.all.length > 0)
      this.logger.warn(
        'TRUSTED_PROXIES does not name all of GATEWAY_PEERS: all clients of such a proxy count as one in RATE_LIMIT_GATE and in limits by address, and have its address in the trail',
      );
    for (const { name, roles, scopes } of this.rules.all)
      if (roles === null && scopesAllowedTo([], scopes).length > 0)
        this.logger.warn(
          `the rule ${name} has scopes and no roles: everybody with an account can give a key of theirs such a scope, and pass. Name the roles whose keys may pass, or roles: [] for service accounts only`,
        );
  }
}
