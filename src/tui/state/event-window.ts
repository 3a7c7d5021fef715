import type {State} from '../../types/state.ts';
import type {KernelEvent} from '../../types/stream.ts';
import type {Filter} from '../filter/filter.ts';
import {eventSubject} from '../filter/subject.ts';
import type {Range} from './scroll.ts';

/**
 * The events that the pane shows, by a number that each keeps while it is buffered: its sequence number, or with a
 * filter its place among those that matched. Each event is asked once whether it matches.
 */
export class EventWindow {
  private filter: Filter | undefined;
  /** Sequence numbers of the events that matched and are still there. */
  private seqs: number[] = [];
  /** How many that matched have left. */
  private gone = 0;
  /** Events up to here have been asked. */
  private looked = 0;
  private first = 0;
  private state: State | undefined;

  /** Starts anew with another filter. */
  use(filter: Filter | undefined): void {
    this.filter = filter;
    this.seqs = [];
    this.gone = 0;
    this.looked = 0;
  }

  /** Takes in the events as they are now; those numbered below `from` were cleared. */
  sync(state: State, from: number): void {
    const {events, eventSeq} = state;
    this.state = state;
    this.first = Math.max(eventSeq - events.length, from);
    if (!this.filter) return;
    const left = this.seqs.findIndex((seq) => seq >= this.first);
    const dropped = left < 0 ? this.seqs.length : left;
    if (dropped > 0) {
      this.seqs.splice(0, dropped);
      this.gone += dropped;
    }
    for (let seq = Math.max(this.looked, this.first); seq < eventSeq; seq++) {
      const event = events[seq - (eventSeq - events.length)];
      if (event && this.filter.matches(eventSubject(event))) this.seqs.push(seq);
    }
    this.looked = eventSeq;
  }

  get range(): Range {
    if (this.filter) return {first: this.gone, last: this.gone + this.seqs.length - 1};
    return {first: this.first, last: (this.state?.eventSeq ?? 0) - 1};
  }

  /** Events that the filter hides. */
  get hidden(): number {
    if (!this.filter || !this.state) return 0;
    return Math.max(0, this.state.eventSeq - this.first) - this.seqs.length;
  }

  at(number: number): KernelEvent | undefined {
    const {state} = this;
    const seq = this.seqOf(number);
    return seq === undefined ? undefined : state?.events[seq - (state.eventSeq - state.events.length)];
  }

  /** The sequence number of a shown event. */
  seqOf(number: number): number | undefined {
    return this.filter ? this.seqs[number - this.gone] : number;
  }

  /** The number of the first shown event from a sequence number on; undefined when there is none. */
  numberOf(seq: number): number | undefined {
    if (!this.filter) return seq;
    const index = this.seqs.findIndex((each) => each >= seq);
    return index < 0 ? undefined : this.gone + index;
  }
}
