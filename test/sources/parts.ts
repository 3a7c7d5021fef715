import type {SampleParts} from '../../src/sources/readers/reader.ts';

/** A sample of a second that nobody has added anything to. */
export const noParts = (): SampleParts => ({
  intervalMs: 1000,
  histograms: [],
  focus: [],
  focusSyscalls: [],
  counters: [],
  accuracy: {},
  processes: [],
  requests: [],
  predictions: [],
  leaks: [],
  containers: [],
});
