import { Module, type OnModuleDestroy } from '@nestjs/common';
import { NotesController } from './notes.controller.js';
import { NotesService } from './notes.service.js';
import { verifier } from './verifier.js';

@Module({ controllers: [NotesController], providers: [NotesService] })
export class AppModule implements OnModuleDestroy {
  onModuleDestroy(): void {
    verifier.close();
  }
}
