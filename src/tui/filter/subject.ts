import type {KernelEvent} from '../../types/stream.ts';
import {eventFields} from '../panes/event-fields.ts';
import type {FilterSubject} from './filter.ts';

const texts = new WeakMap<KernelEvent, string>();

/** What the filter can ask of an event; its text is what the event pane shows of it. */
export function eventSubject(event: KernelEvent): FilterSubject {
  const {comm, pid, cpu, type, severity, container, cgroup} = event;
  return {
    comm,
    pid,
    cpu,
    type,
    severity,
    container,
    cgroup,
    get text() {
      // Asked anew with each key that is typed.
      let text = texts.get(event);
      if (text === undefined) {
        const fields = eventFields(event).map(([name, value]) => (name ? `${name}=${value}` : value));
        text = [type, pid, comm, ...fields].filter((part) => part !== undefined).join(' ');
        texts.set(event, text);
      }
      return text;
    },
  };
}
