import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { Environment } from '../platform/config/environment.js';
import { RateLimitModule } from '../rate-limit/rate-limit.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { Assertions } from './assertions.js';
import { GateController } from './gate.controller.js';
import { GateFilter } from './gate.filter.js';
import { GatewayRedirectController } from './gateway-redirect.controller.js';
import { HeldRequests } from './held-requests.js';
import { IdentityHeaders } from './identity-headers.js';
import { ForwardAuthRequests } from './forward-auth-requests.js';
import { ReturnUrl } from './return-url.js';
import { RuleAccess } from './rule-access.js';
import { GateRules, readGateRules } from './rules/gate-rules.js';
import { StartWarnings } from './start-warnings.js';

/** Decides for proxies whether a request to another application may pass, and gives the application its caller's identity. */
@Module({
  imports: [AuditModule, RateLimitModule, SessionsModule],
  controllers: [GateController, GatewayRedirectController],
  providers: [
    { provide: GateRules, inject: [Environment], useFactory: readGateRules },
    Assertions,
    GateFilter,
    HeldRequests,
    IdentityHeaders,
    ForwardAuthRequests,
    ReturnUrl,
    RuleAccess,
    StartWarnings,
  ],
  exports: [GateRules, ForwardAuthRequests],
})
export class GatewayModule {}
