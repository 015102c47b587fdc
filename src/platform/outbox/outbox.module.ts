import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { OutboxMessage } from './outbox-message.entity.js';
import { OutboxRetention } from './outbox-retention.js';
import { OutboxWorker } from './outbox-worker.js';
import { Outbox } from './outbox.js';
import { OutboxRepository } from './outbox.repository.js';

/** Lets every module send messages in the transaction that causes them. */
@Global()
@Module({
  imports: [TypeOrmModule.forFeature([OutboxMessage])],
  providers: [Outbox, OutboxRepository, OutboxWorker, OutboxRetention],
  exports: [Outbox, OutboxRepository],
})
export class OutboxModule {}
