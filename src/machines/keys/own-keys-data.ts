import { Injectable, type OnModuleInit } from '@nestjs/common';
import { OwnData } from '../../users/own-data/own-data.js';
import { KeyView } from './key-view.js';

/** Adds a person's active keys to the export of their data, without the keys themselves. */
@Injectable()
export class OwnKeysData implements OnModuleInit {
  constructor(
    private readonly data: OwnData,
    private readonly view: KeyView,
  ) {}

  onModuleInit(): void {
    this.data.register('apiKeys', (userId) => this.view.list({ kind: 'user', id: userId }));
  }
}
