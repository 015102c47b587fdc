import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Raw, Repository } from 'typeorm';
import { onDatabase } from '../../platform/database/database-problem.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import { AddressBlock } from './address-block.entity.js';

/** Every statement over blocked addresses; times are PostgreSQL's. */
@Injectable()
export class AddressBlocksRepository {
  constructor(@InjectRepository(AddressBlock) private readonly blocks: Repository<AddressBlock>) {}

  /** Blocks for so long from now; a block that ends later stays as it is. */
  async insert(tx: Transaction, network: string, seconds: number, reason: string): Promise<void> {
    await tx.query(
      `INSERT INTO address_blocks AS b (network, reason, expires_at)
       VALUES ($1, $3, now() + $2 * interval '1 second')
       ON CONFLICT (network) DO UPDATE SET reason = excluded.reason, expires_at = excluded.expires_at
       WHERE b.expires_at < excluded.expires_at`,
      [network, seconds, reason],
    );
  }

  async delete(tx: Transaction, network: string): Promise<boolean> {
    const { affected } = await tx.delete(AddressBlock, { network });
    return (affected ?? 0) > 0;
  }

  async deleteExpired(tx: Transaction): Promise<void> {
    await tx.delete(AddressBlock, { expiresAt: Raw((column) => `${column} <= now()`) });
  }

  /** Blocks still in force, those that end first in front. */
  async findAll(): Promise<AddressBlock[]> {
    return onDatabase(() =>
      this.blocks.find({
        where: { expiresAt: Raw((column) => `${column} > now()`) },
        order: { expiresAt: 'ASC' },
      }),
    );
  }

  /** Networks and the milliseconds for which each is still blocked, free of any difference between clocks. */
  async findRemaining(): Promise<{ network: string; remainingMs: number }[]> {
    return onDatabase(() =>
      this.blocks.query<{ network: string; remainingMs: number }[]>(
        `SELECT network, extract(epoch FROM expires_at - now())::float8 * 1000 AS "remainingMs"
         FROM address_blocks WHERE expires_at > now()`,
      ),
    );
  }
}
