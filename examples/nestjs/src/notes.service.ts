import { Injectable, NotFoundException } from '@nestjs/common';
import { randomUUID } from 'node:crypto';

export interface Note {
  readonly id: string;
  readonly owner: string;
  readonly text: string;
}

@Injectable()
export class NotesService {
  private readonly notes = new Map<string, Note>();

  add(owner: string, text: string): Note {
    const note = { id: randomUUID(), owner, text };
    this.notes.set(note.id, note);
    return note;
  }

  of(owner: string): Note[] {
    return this.all().filter((note) => note.owner === owner);
  }

  all(): Note[] {
    return [...this.notes.values()];
  }

  remove(id: string): void {
    if (!this.notes.delete(id)) throw new NotFoundException();
  }
}
