import { Module } from '@nestjs/common';
import { ActivityController } from './activity/activity.controller.js';
import { ActivityService } from './activity/activity.service.js';
import { AuditController } from './reading/audit.controller.js';
import { AuditExport } from './reading/audit-export.js';
import { ReadingRecord } from './reading/reading-record.js';
import { StreamAnswers } from './reading/stream-answers.js';
import { TrailCursor } from './reading/trail-cursor.js';
import { TrailReader } from './reading/trail-reader.js';
import { TrailRepository } from './reading/trail.repository.js';
import { AuditStreamController } from './stream/audit-stream.controller.js';
import { AuditStreams } from './stream/audit-streams.js';
import { SessionEndsRepository } from './reading/session-ends.repository.js';
import { AuditLifecycle } from './audit.lifecycle.js';
import { AuditRepository } from './audit.repository.js';
import { AuditService } from './audit.service.js';
import { CallRecorder } from './call-recorder.js';
import { CallsRepository } from './calls.repository.js';
import { EntryFactory } from './entry/entry-factory.js';
import { EntrySigner } from './entry/entry-signer.js';
import { AuditFeed } from './feed/audit-feed.js';
import { AuditPartitions } from './partitions/audit-partitions.js';
import { PartitionsRepository } from './partitions/partitions.repository.js';
import { EntriesRepository } from './entry/entries.repository.js';
import { PartitionRetention } from './partition-retention.js';
import { CheckpointFile } from './seals/checkpoint-file.js';
import { NewestSeal } from './seals/newest-seal.js';
import { SealChain } from './seals/seal-chain.js';
import { SealProgress } from './seals/seal-progress.js';
import { SealKey } from './seals/seal-key.js';
import { SealTrust } from './seals/seal-trust.js';
import { TrailDependence } from './seals/trail-dependence.js';
import { Sealer } from './seals/sealer.js';
import { SealingRound } from './seals/sealing-round.js';
import { SealsRepository } from './seals/seals.repository.js';
import { CheckpointPublisher } from './seals/checkpoint-publisher.js';
import { AuditVerification } from './verification/audit-verification.js';
import { CatalogueCheck } from './verification/catalogue-check.js';
import { CatalogueRepository } from './verification/catalogue.repository.js';
import { SharedVerification } from './verification/shared-verification.js';
import { TrailWalk } from './verification/trail-walk.js';
import { VerifiedSoFar } from './verification/verified-so-far.js';
import { AuditSpool } from './spool/audit-spool.js';
import { RejectedEntries } from './spool/rejected-entries.js';
import { SpoolDrain } from './spool/spool-drain.js';
import { SpoolWriter } from './spool/spool-writer.js';

/** The append-only, tamper-evident record of all authentication events and API calls. */
@Module({
  controllers: [AuditController, AuditStreamController, ActivityController],
  providers: [
    AuditService,
    AuditRepository,
    CallsRepository,
    EntryFactory,
    EntrySigner,
    AuditPartitions,
    PartitionsRepository,
    AuditSpool,
    SpoolWriter,
    SpoolDrain,
    RejectedEntries,
    EntriesRepository,
    PartitionRetention,
    SealKey,
    SealTrust,
    TrailDependence,
    SealsRepository,
    NewestSeal,
    CatalogueRepository,
    CatalogueCheck,
    SealChain,
    SealProgress,
    Sealer,
    CheckpointFile,
    CheckpointPublisher,
    SealingRound,
    AuditLifecycle,
    TrailWalk,
    VerifiedSoFar,
    AuditVerification,
    SharedVerification,
    AuditFeed,
    SessionEndsRepository,
    AuditStreams,
    TrailRepository,
    TrailCursor,
    TrailReader,
    AuditExport,
    ReadingRecord,
    StreamAnswers,
    ActivityService,
    CallRecorder,
  ],
  exports: [AuditService, AuditFeed, AuditVerification, CallRecorder, SealProgress],
})
export class AuditModule {}
