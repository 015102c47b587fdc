import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { OwnSeal } from '../../audit/own-trail/seal-inclusions.js';
import { OwnTrail } from '../../audit/own-trail/own-trail.js';
import { jsonLine } from '../../audit/reading/export-format.js';
import { Clock } from '../../platform/clock/clock.js';
import { OwnData } from '../../users/own-data/own-data.js';
import { profileOf } from '../../users/profile.js';
import { UsersService } from '../../users/users.service.js';
import { FactorsView } from '../credentials/factors/factors-view.js';

/** Writes what is stored about a person, as {@link OwnData} and the trail have it, as one JSON object. */
@Injectable()
export class OwnDataExport implements OnModuleInit {
  constructor(
    private readonly data: OwnData,
    private readonly trail: OwnTrail,
    private readonly users: UsersService,
    private readonly factors: FactorsView,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.data.register('profile', async (id) => {
      const user = await this.users.findById(id);
      return user && profileOf(user);
    });
    this.data.register('logins', async (id) => {
      const user = await this.users.findById(id);
      return user && { firstAt: user.firstLoginAt, lastAt: user.lastLoginAt };
    });
    this.data.register('factors', async (userId) => (await this.factors.list(userId)).items);
  }

  /** Returns the text piece by piece, so that memory use does not grow with the trail of the person. */
  async *text(userId: string): AsyncGenerator<string> {
    const members = { exportedAt: this.clock.now().toISOString(), ...(await this.data.read(userId)) };
    yield `${jsonLine(members).slice(0, -1)},"trail":{"entries":[`;
    const seals = new Map<number, OwnSeal>();
    let separator = '\n';
    for await (const chunk of this.trail.entries(userId, seals)) {
      yield separator + chunk.map((entry) => jsonLine(entry)).join(',\n');
      separator = ',\n';
    }
    yield '\n],"seals":[';
    separator = '\n';
    for (const seal of await this.trail.sealsInOrder(seals)) {
      yield separator + jsonLine(seal);
      separator = ',\n';
    }
    yield `\n],"publicKey":${jsonLine(await this.trail.publicKey())}}}\n`;
  }
}
