import type {State} from '../../../types/state.ts';
import type {Focus} from '../../../types/stream.ts';
import {containerLabel} from '../../../util/container-label.ts';
import {span} from '../../../util/format.ts';
import {LocalClock} from '../../../util/stamp.ts';
import type {Glyphs, Theme} from '../../theme.ts';
import {type Field, flow} from './fields.ts';
import type {ItsEvents} from './its-events.ts';

/** The process that a view looks into, and what is known about looking. */
export interface Subject {
  pid: number;
  replay: boolean;
  /** Why its own figures can't be had. */
  problem?: string;
}

const clock = new LocalClock();

/** Who it is: from the sample's own words on it, else from its events and rows. */
export function paintIdentity(
  subject: Subject,
  state: State,
  events: ItsEvents,
  theme: Theme,
  width: number,
  height: number,
): string[] {
  const known = state.focus?.now.pid === subject.pid ? state.focus : undefined;
  const fields = known
    ? [...standing(known.now, known.time, theme.glyphs), ...ofFocus(known.now, state)]
    : [...fromOthers(subject, state, events), missing(subject)];
  return flow(fields, theme, width, height);
}

function standing({ended, kernel_thread, state}: Focus, time: string, {status}: Glyphs): Field[] {
  const fields: Field[] = [];
  if (ended) {
    const when = clock.at(time).clock.slice(0, 8);
    fields.push({text: `${status.WARNING} ENDED before ${when}: its last figures`, token: 'status.warning'});
  } else if (state === 'zombie') {
    fields.push({text: `${status.WARNING} zombie: ended, its parent has not asked yet`, token: 'status.warning'});
  } else if (state === 'uninterruptible') {
    fields.push({text: `${status.WARNING} sleeps uninterruptibly`, token: 'status.warning'});
  } else {
    fields.push({text: `${status.OK} ${state ?? 'state unknown'}`, token: 'status.ok'});
  }
  if (kernel_thread) fields.push({text: 'kernel thread', token: 'accent'});
  return fields;
}

function ofFocus(focus: Focus, {now}: State): Field[] {
  const {comm, ppid, uid, user, threads, started, cgroup, container, args} = focus;
  const age = started && now ? (Date.parse(now) - Date.parse(started)) / 1000 : Number.NaN;
  const fields: Field[] = [{name: 'command', text: comm, token: 'bold'}];
  if (user !== undefined || uid !== undefined) {
    fields.push({name: 'user', text: user === undefined ? String(uid) : `${user} (${uid ?? '-'})`});
  }
  if (ppid !== undefined) fields.push({name: 'parent', text: ppid === 0 ? 'none' : String(ppid)});
  if (threads !== undefined) fields.push({name: 'threads', text: String(threads)});
  if (started !== undefined) {
    const {date, clock: at} = clock.at(started);
    const ago = age >= 0 && !focus.ended ? `, ${span(Math.floor(age))} ago` : '';
    fields.push({name: 'started', text: `${date} ${at.slice(0, 8)}${ago}`});
  }
  if (container) fields.push({name: 'container', text: containerLabel(container)});
  if (cgroup !== undefined) fields.push({name: 'cgroup', text: cgroup});
  if (args !== undefined)
    fields.push({name: 'arguments', text: args.length > 0 ? args.join(' ') : 'none', alone: true});
  return fields;
}

function fromOthers({pid}: Subject, {sample}: State, {own}: ItsEvents): Field[] {
  const row = sample?.processes?.find((each) => each.pid === pid);
  const event = own.find((each) => each.pid === pid && each.comm !== undefined);
  const fields: Field[] = [];
  const comm = row?.comm ?? event?.comm;
  if (comm !== undefined) fields.push({name: 'command', text: comm, token: 'bold'});
  if (event?.uid !== undefined) fields.push({name: 'user', text: String(event.uid)});
  if (event?.container) fields.push({name: 'container', text: containerLabel(event.container)});
  if (event?.cgroup !== undefined) fields.push({name: 'cgroup', text: event.cgroup});
  return fields;
}

/** Why there is no more than what its events and rows say. */
function missing({pid, replay, problem}: Subject): Field {
  if (problem) return {text: `${problem}: here is what was collected of it`, token: 'heat.warning', alone: true};
  const text = replay
    ? `nobody looked into ${pid} in this recording until here: this is what its events and rows say`
    : 'its own figures come with the next sample (in a paused view, once it goes on)';
  return {text, token: 'dim', alone: true};
}
