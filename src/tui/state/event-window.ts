import type {State} from '../../types/state.ts';
import type {KernelEvent} from '../../types/stream.ts';
import type {Filter} from '../filter/filter.ts';
import {eventSubject} from '../filter/subject.ts';
import type {Range} from './scroll.ts';

/** At most so many older events are asked at a time, and for so long, looking at the clock after so many. */
const LOOK_EVENTS = 1000;
const LOOK_MS = 8;
const CLOCK_EVENTS = 32;

/**
 * The events that the pane shows, by a number that each keeps while it is buffered: its sequence number, or with a
 * filter its place among those that matched. Each event is asked once whether it matches: with a new filter the newest
 * first, so many with each call that a full buffer holds up no frame.
 */
export class EventWindow {
  private filter: Filter | undefined;
  /** Sequence numbers of the events that matched and are still there. */
  private seqs: number[] = [];
  /** How many that matched have left. */
  private gone = 0;
  /** Events from `back` up to here have been asked; undefined before the first were. */
  private looked: number | undefined;
  private back = 0;
  private first = 0;
  private state: State | undefined;

  /** Starts anew with another filter. */
  use(filter: Filter | undefined): void {
    this.filter = filter;
    this.seqs = [];
    this.gone = 0;
    this.looked = undefined;
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
    if (this.looked === undefined) {
      this.looked = eventSeq;
      this.back = eventSeq;
      // Older ones that match come before: numbers are left for them.
      this.gone = eventSeq - this.first;
    }
    for (let seq = Math.max(this.looked, this.first); seq < eventSeq; seq++) if (this.matches(seq)) this.seqs.push(seq);
    this.looked = eventSeq;
    this.lookBack();
  }

  /** Asks some of the older events, from the newest backwards. */
  private lookBack(): void {
    this.back = Math.max(this.back, this.first);
    const to = Math.max(this.first, this.back - LOOK_EVENTS);
    const untilMs = performance.now() + LOOK_MS;
    const found: number[] = [];
    while (this.back > to) {
      this.back--;
      if (this.matches(this.back)) found.push(this.back);
      if (this.back % CLOCK_EVENTS === 0 && performance.now() > untilMs) break;
    }
    if (found.length === 0) return;
    this.seqs = [...found.reverse(), ...this.seqs];
    this.gone -= found.length;
  }

  private matches(seq: number): boolean {
    const {filter, state} = this;
    const event = state?.events[seq - (state.eventSeq - state.events.length)];
    return event !== undefined && filter?.matches(eventSubject(event)) === true;
  }

  /** Whether events are left that haven't been asked. */
  get searching(): boolean {
    return this.filter !== undefined && this.looked !== undefined && this.back > this.first;
  }

  /** Whether all events from a sequence number on have been asked. */
  reached(seq: number): boolean {
    return !this.filter || this.back <= Math.max(seq, this.first);
  }

  get range(): Range {
    if (this.filter) return {first: this.gone, last: this.gone + this.seqs.length - 1};
    return {first: this.first, last: (this.state?.eventSeq ?? 0) - 1};
  }

  /** Events that the filter hides, of those that were asked. */
  get hidden(): number {
    if (!this.filter || !this.state) return 0;
    return Math.max(0, this.state.eventSeq - Math.max(this.first, this.back) - this.seqs.length);
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
