import { SetMetadata } from '@nestjs/common';
import type { ProblemRow } from '../../errors/problem.js';

/** The metadata key that the document's generator reads a route's own problems from. */
export const PROBLEMS = 'portcullis:problems';

/** The problems that this route adds to those every route of its kind can answer; for the OpenAPI document. */
export const Problems = (...rows: ProblemRow[]) => SetMetadata(PROBLEMS, rows);
