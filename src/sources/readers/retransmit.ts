import {type ProbeCounts, readNetnsRows} from '../../native/snapshot.ts';
import {SentSegments} from '../netns.ts';
import type {ProbeReader, SampleParts} from './reader.ts';

/** Retransmitted and sent segments by network namespace. */
export class RetransmitReader implements ProbeReader {
  readonly sent = new SentSegments();

  /** `filtered`: retransmits are of the filter's tasks alone, which all segments sent must not be compared with. */
  constructor(private readonly filtered: boolean) {}

  read(view: DataView, _counts: ProbeCounts, into: SampleParts): void {
    for (const {netns, segments} of readNetnsRows(view))
      into.counters.push({name: 'tcp_retransmitted_segments', labels: {netns: String(netns)}, value: segments});
    if (this.filtered) return;
    for (const [netns, value] of this.sent.read())
      into.counters.push({name: 'tcp_sent_segments', labels: {netns: String(netns)}, value});
  }

  close(): void {
    this.sent.close();
  }
}
