import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { PlaceNames } from '../../sessions/own-sessions/place-names.js';
import { PLACES, type NamedPlaces } from './place.js';

/** Makes the place names of detection's database available to the list of sessions. */
@Injectable()
export class SessionPlaces implements OnModuleInit {
  constructor(
    @Inject(PLACES) private readonly places: NamedPlaces | null,
    private readonly names: PlaceNames,
  ) {}

  onModuleInit(): void {
    const { places } = this;
    if (places) this.names.supply((address) => places.nameOf(address));
  }
}
