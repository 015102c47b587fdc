import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuditModule } from '../audit/audit.module.js';
import { OwnData } from './own-data/own-data.js';
import { ProfileChanges } from './profile-changes.js';
import { User } from './user.entity.js';
import { UsersController } from './users.controller.js';
import { UsersRepository } from './users.repository.js';
import { UsersService } from './users.service.js';

/** Owns the table of accounts; other modules use the exported services. */
@Module({
  imports: [TypeOrmModule.forFeature([User]), AuditModule],
  controllers: [UsersController],
  providers: [UsersService, UsersRepository, ProfileChanges, OwnData],
  exports: [UsersService, UsersRepository, ProfileChanges, OwnData],
})
export class UsersModule {}
