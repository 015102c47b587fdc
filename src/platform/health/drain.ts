import { Injectable } from '@nestjs/common';

/** Whether the process is shutting down: it still responds, but load balancers should send no new requests. */
@Injectable()
export class Drain {
  private draining = false;

  get isDraining(): boolean {
    return this.draining;
  }

  begin(): void {
    this.draining = true;
  }
}
