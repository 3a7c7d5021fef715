import type {State} from '../../types/state.ts';
import type {KernelEvent} from '../../types/stream.ts';
import {visibleUpTo} from '../../util/sanitize.ts';
import {containerTitle, paintContainerFigures} from '../panes/container/figures.ts';
import {paintContainer} from '../panes/container/identity.ts';
import {containerEvents, onlyThose} from '../panes/container/lists.ts';
import type {ContainerTarget, ListPane, Pane, View} from '../panes/pane.ts';
import {eventsOfContainer, type ItsEvents} from '../panes/pid/its-events.ts';
import {paintSlow} from '../panes/pid/slow.ts';
import {whyNothing} from '../panes/shared.ts';
import type {Row as ProcessOfList} from './process-row.ts';
import {processList} from './processes.ts';
import {type Row as StartOrExit, starts} from './starts.ts';

/** Id of the list that has the focus first. */
export const CONTAINER_PROCESSES = 'container-processes';

const LONGEST_TITLE = 40;

function processesOf(id: string): ListPane<ProcessOfList> {
  const {groups: _, ...list} = processList;
  return {
    ...list,
    columns: list.columns.filter(({id: column}) => column !== 'container'),
    id: CONTAINER_PROCESSES,
    title: 'Its processes',
    rows: onlyThose(processList.rows, ({process}) => process.container?.id === id),
    empty: (state) => whyNothing(state, 'tasks', 'no process of it is in the last sample'),
  };
}

const isStartOrExit = (event: KernelEvent): event is StartOrExit =>
  event.type === 'PROCESS_EXEC' || event.type === 'PROCESS_EXIT';

function startsOf(find: (state: State) => ItsEvents): ListPane<StartOrExit> {
  return {
    ...starts,
    id: 'container-starts',
    title: 'Its starts and exits',
    rows: onlyThose((state) => find(state).own, isStartOrExit),
    empty: (state) => whyNothing(state, 'process', 'none of the events kept'),
  };
}

/** The view of one container: which it is, its figures, what was slow, its processes, its events and exits. */
export function containerView(target: ContainerTarget): View {
  const {id, name} = target.container;
  const title = `Container ${visibleUpTo(name ?? id.slice(0, 12), LONGEST_TITLE)}`;
  const find = eventsOfContainer(id);
  const identity: Pane = {
    kind: 'canvas',
    id: 'container-identity',
    title,
    paint: (state, theme, width, height) => paintContainer(target, state, find(state), theme, width, height),
  };
  const figures: Pane = {
    kind: 'canvas',
    id: 'container-figures',
    title: containerTitle,
    paint: (state, theme, width, height) => paintContainerFigures(target, state, theme, width, height),
  };
  const slow: Pane = {
    kind: 'canvas',
    id: 'container-slow',
    title: 'Slow or wrong',
    paint: (state, theme, width, height) => paintSlow(find(state), state, theme, width, height),
  };
  return {
    id: 'container',
    title,
    places: [
      {pane: identity, weight: 1, min: 4, most: () => 7},
      {pane: figures, weight: 1, min: 11, beside: {pane: slow, weight: 1, min: 7}},
      {pane: processesOf(id), weight: 3, min: 6},
      {pane: containerEvents(find), weight: 3, min: 6, beside: {pane: startsOf(find), weight: 2, min: 6}},
    ],
  };
}
