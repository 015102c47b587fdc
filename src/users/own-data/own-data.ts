import { Injectable } from '@nestjs/common';

/** Returns what a module stores about a person, without secrets, as a JSON value. */
export type OwnDataReader = (userId: string) => Promise<unknown>;

/** The parts of the export of one's own data, apart from the trail. Each module registers its own during initialisation. */
@Injectable()
export class OwnData {
  private readonly readers = new Map<string, OwnDataReader>();

  /** Adds a member of the export. Throws if the name is taken. */
  register(member: string, reader: OwnDataReader): void {
    if (this.readers.has(member)) throw new Error(`The export of own data already has a member ${member}.`);
    this.readers.set(member, reader);
  }

  /** Returns all members, in the order in which the modules were initialised. */
  async read(userId: string): Promise<Record<string, unknown>> {
    const members: Record<string, unknown> = {};
    for (const [member, reader] of this.readers) members[member] = await reader(userId);
    return members;
  }
}
