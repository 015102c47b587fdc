import { Module } from '@nestjs/common';
import { ActivityController } from './activity/activity.controller.js';
import { ActivityService } from './activity/activity.service.js';
import { AuditController } from './reading/audit.controller.js';
import { AuditExport } from './reading/audit-export.js';
import { ReadingRecord } from './reading/reading-record.js';
import { TrailCursor } from './reading/trail-cursor.js';
import { TrailReader } from './reading/trail-reader.js';
import { TrailRepository } from './reading/trail.repository.js';
import { AuditStreamController } from './stream/audit-stream.controller.js';
import { AuditStreams } from './stream/audit-streams.js';
import { SessionEndsRepository } from './stream/session-ends.repository.js';
import { AuditLifecycle } from './audit.lifecycle.js';
import { AuditRepository } from './audit.repository.js';
import { AuditService } from './audit.service.js';
import { CallRecorder } from './call-recorder.js';
import { CallsRepository } from './calls.repository.js';
import { EntryFactory } from './entry/entry-factory.js';
import { EntrySigner } from './entry/entry-signer.js';
import { AuditFeed } from './feed/audit-feed.js';
import { AuditMonths } from './partitions/audit-partitions.js';
import { MonthsRepository } from './partitions/partitions.repository.js';
import { EntriesRepository } from './entry/entries.repository.js';
import { MonthRetention } from './partitions/partition-retention.js';
import { CheckpointFile } from './seals/checkpoint-file.js';
import { SealChain } from './seals/seal-chain.js';
import { SealProgress } from './seals/seal-progress.js';
import { SealKey } from './seals/seal-key.js';
import { Sealer } from './seals/sealer.js';
import { SealingRound } from './seals/sealing-round.js';
import { SealsRepository } from './seals/seals.repository.js';
import { Witness } from './seals/checkpoint-publisher.js';
import { AuditVerification } from './verification/audit-verification.js';
import { TrailWalk } from './verification/trail-walk.js';
import { VerifiedSoFar } from './verification/verified-so-far.js';
import { AuditSpool } from './spool/audit-spool.js';
import { Castaways } from './spool/rejected-entries.js';
import { SpoolDrain } from './spool/spool-drain.js';
import { SpoolWriter } from './spool/spool-writer.js';

/** The append-only, tamper-evident record of every authentication event and every API call. */
@Module({
  controllers: [AuditController, AuditStreamController, ActivityController],
  providers: [
    AuditService,
    AuditRepository,
    CallsRepository,
    EntryFactory,
    EntrySigner,
    AuditMonths,
    MonthsRepository,
    AuditSpool,
    SpoolWriter,
    SpoolDrain,
    Castaways,
    EntriesRepository,
    MonthRetention,
    SealKey,
    SealsRepository,
    SealChain,
    SealProgress,
    Sealer,
    CheckpointFile,
    Witness,
    SealingRound,
    AuditLifecycle,
    TrailWalk,
    VerifiedSoFar,
    AuditVerification,
    AuditFeed,
    SessionEndsRepository,
    AuditStreams,
    TrailRepository,
    TrailCursor,
    TrailReader,
    AuditExport,
    ReadingRecord,
    ActivityService,
    CallRecorder,
  ],
  exports: [AuditService, AuditFeed, AuditVerification, CallRecorder, SealProgress],
})
export class AuditModule {}
