import { Module } from '@nestjs/common';
import { ActivityController } from './activity/activity.controller.js';
import { ActivityService } from './activity/activity.service.js';
import { AuditLifecycle } from './audit.lifecycle.js';
import { AuditRepository } from './audit.repository.js';
import { AuditService } from './audit.service.js';
import { CallRecorder } from './call-recorder.js';
import { CallsRepository } from './calls.repository.js';
import { EntriesRepository } from './entry/entries.repository.js';
import { EntryFactory } from './entry/entry-factory.js';
import { EntrySigner } from './entry/entry-signer.js';
import { Salts } from './entry/salts.js';
import { DeletionSearch } from './erasure/deletion-search.js';
import { DeletionsRepository } from './erasure/deletions.repository.js';
import { DueErasures } from './erasure/due-erasures.js';
import { EntryErasure } from './erasure/entry-erasure.js';
import { ErasedFile } from './erasure/erased-file.js';
import { ErasureProof } from './erasure/erasure-proof.js';
import { ErasureParticipants } from './erasure/erasure-participants.js';
import { ErasureStatement } from './erasure/erasure-statement.js';
import { ErasureTask } from './erasure/erasure-task.js';
import { Erasures } from './erasure/erasures.js';
import { ErasuresRepository } from './erasure/erasures.repository.js';
import { LastingProof } from './erasure/lasting-proof.js';
import { LastingStatements } from './erasure/lasting-statements.js';
import { LateEntriesRepository } from './erasure/late-entries.repository.js';
import { LateErasure } from './erasure/late-erasure.js';
import { PersonalEntriesRepository } from './erasure/personal-entries.repository.js';
import { StatementsRepository } from './erasure/statements.repository.js';
import { AuditFeed } from './feed/audit-feed.js';
import { OwnTrail } from './own-trail/own-trail.js';
import { OwnTrailRepository } from './own-trail/own-trail.repository.js';
import { SealInclusions } from './own-trail/seal-inclusions.js';
import { PartitionDrop } from './partition-drop.js';
import { PartitionRetention } from './partition-retention.js';
import { AuditPartitions } from './partitions/audit-partitions.js';
import { PartitionUpkeep } from './partitions/partition-upkeep.js';
import { PartitionsRepository } from './partitions/partitions.repository.js';
import { TrailPositions } from './partitions/trail-positions.js';
import { AuditExport } from './reading/audit-export.js';
import { AuditController } from './reading/audit.controller.js';
import { ReadRecorder } from './reading/read-recorder.js';
import { SessionEndsRepository } from './reading/session-ends.repository.js';
import { StreamAnswers } from './reading/stream-answers.js';
import { TrailCursor } from './reading/trail-cursor.js';
import { TrailReader } from './reading/trail-reader.js';
import { TrailRepository } from './reading/trail.repository.js';
import { CheckpointAncestry } from './seals/checkpoint-ancestry.js';
import { CheckpointFile } from './seals/checkpoint-file.js';
import { CheckpointPublisher } from './seals/checkpoint-publisher.js';
import { ContainingSeal } from './seals/containing-seal.js';
import { EventProof } from './seals/event-proof.js';
import { GenuineSeals } from './seals/genuine-seals.js';
import { NewestSeal } from './seals/newest-seal.js';
import { SealChain } from './seals/seal-chain.js';
import { SealKey } from './seals/seal-key.js';
import { SealProgress } from './seals/seal-progress.js';
import { SealTrust } from './seals/seal-trust.js';
import { Sealer } from './seals/sealer.js';
import { SealingRound } from './seals/sealing-round.js';
import { SealsRepository } from './seals/seals.repository.js';
import { TrailDependence } from './seals/trail-dependence.js';
import { AuditSpool } from './spool/audit-spool.js';
import { RejectedEntries } from './spool/rejected-entries.js';
import { SpoolDrain } from './spool/spool-drain.js';
import { SpoolWriter } from './spool/spool-writer.js';
import { SpooledCodes } from './spool/spooled-codes.js';
import { AuditStreamController } from './stream/audit-stream.controller.js';
import { AuditStreams } from './stream/audit-streams.js';
import { AuditVerification } from './verification/audit-verification.js';
import { CatalogueCheck } from './verification/catalogue-check.js';
import { CatalogueRepository } from './verification/catalogue.repository.js';
import { SharedVerification } from './verification/shared-verification.js';
import { TrailWalk } from './verification/trail-walk.js';
import { VerifiedSoFar } from './verification/verified-so-far.js';

const recording = [AuditService, AuditRepository, CallsRepository, CallRecorder];
const entry = [EntryFactory, EntrySigner, Salts, EntriesRepository];
const partitions = [AuditPartitions, PartitionsRepository, PartitionUpkeep, TrailPositions];
const spool = [AuditSpool, SpoolWriter, SpoolDrain, SpooledCodes, RejectedEntries];
const seals = [
  SealKey,
  SealTrust,
  TrailDependence,
  SealsRepository,
  ContainingSeal,
  EventProof,
  GenuineSeals,
  NewestSeal,
  SealChain,
  SealProgress,
  Sealer,
  CheckpointAncestry,
  CheckpointFile,
  CheckpointPublisher,
  SealingRound,
];
const verification = [
  CatalogueRepository,
  CatalogueCheck,
  TrailWalk,
  VerifiedSoFar,
  AuditVerification,
  SharedVerification,
];
const reading = [
  SessionEndsRepository,
  TrailRepository,
  TrailCursor,
  TrailReader,
  AuditExport,
  ReadRecorder,
  StreamAnswers,
];
const erasure = [
  DeletionSearch,
  DeletionsRepository,
  DueErasures,
  EntryErasure,
  ErasedFile,
  ErasureProof,
  ErasureParticipants,
  Erasures,
  ErasuresRepository,
  ErasureStatement,
  ErasureTask,
  LastingProof,
  LastingStatements,
  LateEntriesRepository,
  LateErasure,
  PersonalEntriesRepository,
  StatementsRepository,
];
const ownTrail = [OwnTrail, OwnTrailRepository, SealInclusions];

/** The append-only, tamper-evident record of all authentication events and API calls. */
@Module({
  controllers: [AuditController, AuditStreamController, ActivityController],
  providers: [
    ...recording,
    ...entry,
    ...partitions,
    ...spool,
    PartitionDrop,
    PartitionRetention,
    ...seals,
    AuditLifecycle,
    ...verification,
    AuditFeed,
    AuditStreams,
    ...reading,
    ActivityService,
    ...erasure,
    ...ownTrail,
  ],
  exports: [
    AuditService,
    AuditFeed,
    AuditVerification,
    CallRecorder,
    ErasureParticipants,
    Erasures,
    OwnTrail,
    SealProgress,
    StreamAnswers,
    TrailPositions,
  ],
})
export class AuditModule {}
