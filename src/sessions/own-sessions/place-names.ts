import { Injectable } from '@nestjs/common';

/** Tells where an address is, in words; null where it does not know. */
export type PlaceNaming = (address: string) => string | null;

/** Where addresses are. The module that has a database of places supplies it at the start; without one nothing is known. */
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
