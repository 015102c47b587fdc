import { SetMetadata } from '@nestjs/common';
import type { ProblemRow } from '../../errors/problem.js';

/** Metadata key of a route's own problems, read by the document generator. */
export const PROBLEMS = 'portcullis:problems';

/** Declares the problems that a route can return in addition to those of its kind; for the OpenAPI document. */
export const Problems = (...rows: ProblemRow[]) => SetMetadata(PROBLEMS, rows);
