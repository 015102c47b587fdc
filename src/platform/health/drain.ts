import { Injectable } from '@nestjs/common';

/** Whether the process is on its way out: it still answers, but a balancer shall send it nothing new. */
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
