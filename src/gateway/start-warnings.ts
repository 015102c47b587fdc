import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Environment } from '../platform/config/environment.js';
import { CidrList } from '../platform/http/client-ip/cidr-list.js';
import { GateRules } from './rules/gate-rules.js';

/** Warns at the start about settings that are valid and hardly meant. */
@Injectable()
export class StartWarnings implements OnModuleInit {
  private readonly logger = new Logger('Gateway');

  constructor(
    private readonly environment: Environment,
    private readonly rules: GateRules,
  ) {}

  onModuleInit(): void {
    const { GATEWAY_PEERS, TRUSTED_PROXIES } = this.environment;
    const byAddress = this.rules.all.find(({ limits }) => limits.some(({ by }) => by === 'address'));
    const trusted = new CidrList(TRUSTED_PROXIES);
    const isUntrusted = GATEWAY_PEERS.some((block) => !trusted.covers(block));
    if (byAddress && isUntrusted)
      this.logger.warn(
        `The rule ${byAddress.name} has a limit by address, but TRUSTED_PROXIES does not name all of GATEWAY_PEERS: all clients of such a proxy count as one`,
      );
  }
}
