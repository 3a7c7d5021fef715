import type {View} from '../panes/pane.ts';
import {figuresTitle, paintFigures} from '../panes/pid/figures.ts';
import {paintGrowth} from '../panes/pid/growth.ts';
import {paintIdentity, type Subject} from '../panes/pid/identity.ts';
import {eventsOf} from '../panes/pid/its-events.ts';
import {paintLatencies} from '../panes/pid/latencies.ts';
import {eventList} from '../panes/pid/list.ts';
import {pageList} from '../panes/pid/pages.ts';
import {paintSlow} from '../panes/pid/slow.ts';
import {syscallList} from '../panes/pid/syscalls.ts';
import {growthOf} from './leak.ts';

/** The view of one process: who it is, its figures, its memory, what was slow, its events, its system calls, its pages. */
export function pidView(subject: Subject): View {
  const find = eventsOf(subject.pid);
  return {
    id: 'pid',
    title: `Process ${subject.pid}`,
    places: [
      {
        pane: {
          kind: 'canvas',
          id: 'pid-identity',
          title: `Process ${subject.pid}`,
          paint: (state, theme, width, height) => paintIdentity(subject, state, find(state), theme, width, height),
        },
        weight: 0,
        min: 4,
      },
      {
        pane: {
          kind: 'canvas',
          id: 'pid-figures',
          title: (state) => figuresTitle(subject, state),
          paint: (state, theme, width, height) => paintFigures(subject, state, theme, width, height),
        },
        weight: 1,
        min: 10,
        beside: {
          pane: {
            kind: 'canvas',
            id: 'pid-slow',
            title: 'Slow or wrong',
            paint: (state, theme, width, height) => paintSlow(find(state), state, theme, width, height),
          },
          weight: 1,
          min: 7,
        },
      },
      {
        pane: {
          kind: 'canvas',
          id: 'pid-growth',
          title: (state) => ['Resident memory', growthOf(subject.pid, state)].filter(Boolean).join(': '),
          paint: (state, theme, width, height) => paintGrowth(subject, state, theme, width, height),
        },
        weight: 2,
        min: 8,
        beside: {
          pane: {
            kind: 'canvas',
            id: 'pid-latencies',
            title: 'How long it waits',
            paint: (state, theme, width, height) => paintLatencies(subject, state, theme, width, height),
          },
          weight: 2,
          min: 7,
        },
      },
      {pane: eventList(find), weight: 4, min: 6, beside: {pane: syscallList(subject.pid), weight: 2, min: 6}},
      {pane: pageList(subject.pid), weight: 1, min: 6},
    ],
  };
}
