import {Problem} from '../util/problem.ts';

/** The filter names something that isn't there. */
export class FilterError extends Problem {
  override name = 'FilterError';
}
