import { Injectable } from '@nestjs/common';

/** Returns the name of the place where an address is located, or null if unknown. */
export type PlaceNaming = (address: string) => string | null;

/**
 * The locations of addresses. The module that has a database of places supplies it at startup; without one, `of`
 * returns null.
 */
@Injectable()
export class PlaceNames {
  private naming: PlaceNaming = () => null;

  supply(naming: PlaceNaming): void {
    this.naming = naming;
  }

  of(address: string): string | null {
    return this.naming(address);
  }
}
