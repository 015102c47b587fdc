import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import type { Verified } from '@portcullis/verify';
import { Allow, Caller } from './allow.decorator.js';
import { type Note, NotesService } from './notes.service.js';

@Controller('notes')
export class NotesController {
  constructor(private readonly notes: NotesService) {}

  /** For everybody who is signed in: all people have the role `user`, and no program has it. */
  @Get()
  @Allow({ roles: ['user'] })
  mine(@Caller() { subject }: Verified): Note[] {
    return this.notes.of(subject);
  }

  @Post()
  @Allow({ roles: ['user'] })
  add(@Caller() { subject }: Verified, @Body() { text = '' }: { text?: unknown }): Note {
    return this.notes.add(subject, String(text));
  }

  /** For auditors, and for programs with a key. */
  @Get('all')
  @Allow({ roles: ['auditor', 'admin'], scopes: ['notes:read'] })
  all(): Note[] {
    return this.notes.all();
  }

  /** Only for administrators who have signed in by two factors or a passkey within the last ten minutes. */
  @Delete(':id')
  @HttpCode(204)
  @Allow({ roles: ['admin'], acr: 'aal2', maxAgeSeconds: 600 })
  remove(@Param('id') id: string): void {
    this.notes.remove(id);
  }
}
