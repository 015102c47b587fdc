import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuditModule } from '../audit/audit.module.js';
import { AuditService } from '../audit/audit.service.js';
import { AuthModule } from '../auth/auth.module.js';
import { MachinesModule } from '../machines/machines.module.js';
import { PasswordHasher } from '../auth/credentials/passwords/password-hasher.js';
import { Environment } from '../platform/config/environment.js';
import { MailKindsModule } from '../platform/mail/mail.module.js';
import { RateLimitModule } from '../rate-limit/rate-limit.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { UsersModule } from '../users/users.module.js';
import { AlertDispatch } from './alerts/alert-dispatch.js';
import { AlertIds } from './alerts/alert-ids.js';
import { ALERT_KINDS, type AlertKind } from './alerts/alert-kind.js';
import { AlertRaiser } from './alerts/alert-raiser.js';
import { ErasedAlerts } from './alerts/erased-alerts.js';
import { AlertUpkeep } from './alerts/alert-upkeep.js';
import { Alert } from './alerts/alert.entity.js';
import { AlertsController } from './alerts/alerts.controller.js';
import { AlertsRepository } from './alerts/alerts.repository.js';
import { AlertsService } from './alerts/alerts.service.js';
import { DELIVERY_CHANNELS, type DeliveryChannel } from './alerts/delivery-channel.js';
import { CallWatch } from './conditions/call-watch.js';
import { ConditionWatch } from './conditions/condition-watch.js';
import { CONDITIONS, type Condition } from './conditions/condition.js';
import { conditionsOf } from './conditions/conditions.js';
import { Dependencies } from './conditions/dependencies.js';
import { OutageNotifier } from './conditions/outage-notifier.js';
import { TrailProgress } from './conditions/trail-progress.js';
import { WritabilityRepository } from './conditions/writability.repository.js';
import { AlertLog } from './delivery/alert-log.js';
import { EmailChannel } from './delivery/email.channel.js';
import { FormerDeliveries } from './delivery/former-deliveries.js';
import { FormerDeliveriesRepository } from './delivery/former-deliveries.repository.js';
import { OwnerEmailChannel } from './delivery/owner-email.channel.js';
import { OwnerMailBound } from './delivery/owner-mail-bound.js';
import { LEAKED_KEY, LeakedKeyAlert } from './alerts/leaked-key.js';
import { MAIL_UNDELIVERABLE, UndeliverableMail } from './delivery/undeliverable-mail.js';
import { WebhookChannel } from './delivery/webhook.channel.js';
import { AUDIT_CHAIN_BROKEN, ChainWatch } from './detection/chain-watch.js';
import { DetectionDependence } from './detection/detection-dependence.js';
import { DetectionRepository } from './detection/detection.repository.js';
import { DetectionResumption, TRAIL_POSITIONS_FORGED } from './detection/detection-resumption.js';
import { DetectionService } from './detection/detection.service.js';
import { ErasureWait } from './detection/erasure-wait.js';
import { EvaluatedPosition } from './detection/evaluated-position.js';
import { PositionCodes } from './detection/position-codes.js';
import { alertMail } from './mails/alert.mail.js';
import { AlertMetrics } from './metrics/alert-metrics.js';
import { AuditMetrics } from './metrics/audit-metrics.js';
import { CallerMetrics } from './metrics/caller-metrics.js';
import { DatabasePool } from './metrics/database-pool.repository.js';
import { DependencyMetrics } from './metrics/dependency-metrics.js';
import { LoginMetrics } from './metrics/login-metrics.js';
import { MailMetrics } from './metrics/mail-metrics.js';
import { MetricsController } from './metrics/metrics.controller.js';
import { Metrics } from './metrics/metrics.js';
import { OutboxMetrics } from './metrics/outbox-metrics.js';
import { PasswordMetrics } from './metrics/password-metrics.js';
import { RefusalMetrics } from './metrics/refusal-metrics.js';
import { RequestMetrics } from './metrics/request-metrics.js';
import { ServiceMetrics } from './metrics/service-metrics.js';
import { AlertRetention } from './alert-retention.js';
import { suppliedPlaces } from './places/geoip-database.js';
import { PLACES } from './places/place.js';
import { SessionPlaces } from './places/session-places.js';
import { BlockAddressChannel } from './responses/block-address.channel.js';
import { EndSessionsChannel } from './responses/end-sessions.channel.js';
import { RULES, type Rule } from './rules/rule.js';
import { rulesOf } from './rules/rules.js';

const channels = [WebhookChannel, EmailChannel, OwnerEmailChannel, BlockAddressChannel, EndSessionsChannel];

const alerts = [
  ErasedAlerts,
  AlertsService,
  AlertsRepository,
  AlertIds,
  AlertRaiser,
  AlertUpkeep,
  AlertLog,
  AlertRetention,
  LeakedKeyAlert,
  {
    provide: ALERT_KINDS,
    inject: [RULES, CONDITIONS],
    useFactory: (rules: readonly Rule[], conditions: readonly Condition[]): readonly AlertKind[] => [
      ...rules,
      ...conditions,
      AUDIT_CHAIN_BROKEN,
      TRAIL_POSITIONS_FORGED,
      MAIL_UNDELIVERABLE,
      LEAKED_KEY,
    ],
  },
];

const delivery = [
  ...channels,
  OwnerMailBound,
  { provide: DELIVERY_CHANNELS, inject: channels, useFactory: (...all: DeliveryChannel[]) => all },
  AlertDispatch,
  FormerDeliveries,
  FormerDeliveriesRepository,
  UndeliverableMail,
];

const detection = [
  { provide: PLACES, inject: [Environment], useFactory: suppliedPlaces },
  SessionPlaces,
  {
    provide: RULES,
    inject: [Environment, PLACES],
    useFactory: rulesOf,
  },
  PositionCodes,
  DetectionDependence,
  DetectionRepository,
  DetectionResumption,
  DetectionService,
  ErasureWait,
  EvaluatedPosition,
  ChainWatch,
];

const conditions = [
  {
    provide: CONDITIONS,
    inject: [Environment, Dependencies, CallWatch, PasswordHasher, AuditService, TrailProgress],
    useFactory: conditionsOf,
  },
  CallWatch,
  TrailProgress,
  Dependencies,
  WritabilityRepository,
  OutageNotifier,
  ConditionWatch,
];

const metrics = [
  Metrics,
  ServiceMetrics,
  RequestMetrics,
  CallerMetrics,
  LoginMetrics,
  RefusalMetrics,
  PasswordMetrics,
  AuditMetrics,
  DatabasePool,
  DependencyMetrics,
  AlertMetrics,
  MailMetrics,
  OutboxMetrics,
];

/** Metrics, detection over the trail, alerts and their delivery. No other module depends on it. */
@Module({
  imports: [
    TypeOrmModule.forFeature([Alert]),
    AuditModule,
    RateLimitModule,
    UsersModule,
    SessionsModule,
    AuthModule,
    MachinesModule,
    MailKindsModule.with(alertMail),
  ],
  controllers: [AlertsController, MetricsController],
  providers: [...alerts, ...delivery, ...detection, ...conditions, ...metrics],
  exports: [DetectionService],
})
export class MonitoringModule {}
