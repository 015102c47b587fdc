/** A set of the most recently added strings, bounded in size. */
export class RecentSet {
  private readonly members = new Set<string>();

  constructor(private readonly capacity: number) {}

  add(text: string): void {
    this.members.delete(text);
    this.members.add(text);
    if (this.members.size <= this.capacity) return;
    for (const oldest of this.members) {
      this.members.delete(oldest);
      return;
    }
  }

  has(text: string): boolean {
    return this.members.has(text);
  }
}
