import { Injectable } from '@nestjs/common';
import { TrailPositions } from '../../audit/partitions/trail-positions.js';
import { DetectionRepository } from './detection.repository.js';

/** Keeps new entries of the trail after the stored position of detection, which would otherwise skip them. */
@Injectable()
export class EvaluatedPosition {
  constructor(positions: TrailPositions, detection: DetectionRepository) {
    positions.register(() => detection.evaluatedTo());
  }
}
