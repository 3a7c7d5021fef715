import {endText} from '../../../model/restarts.ts';
import type {State} from '../../../types/state.ts';
import type {ContainerRef, ContainerRow} from '../../../types/stream.ts';
import type {Theme} from '../../theme.ts';
import type {ContainerTarget} from '../pane.ts';
import {type Field, flow} from '../pid/fields.ts';
import type {ItsEvents} from '../pid/its-events.ts';
import {whyNothing} from '../shared.ts';

/** The container's row in the last sample, if it is there. */
export const rowOf = ({sample}: State, {container: {id}}: ContainerTarget): ContainerRow | undefined =>
  sample?.containers?.find(({container}) => container.id === id);

/** Which container it is: as the last sample has it, else as its newest event, else as it was when somebody looked. */
export function paintContainer(
  target: ContainerTarget,
  state: State,
  {own}: ItsEvents,
  theme: Theme,
  width: number,
  height: number,
): string[] {
  const row = rowOf(state, target);
  const known = row?.container ?? own[0]?.container ?? target.container;
  const cgroup = row?.cgroup ?? target.cgroup;
  const fields = [standing(row, state, theme), ...named({...target.container, ...known})];
  if (cgroup !== undefined) fields.push({name: 'cgroup', text: cgroup});
  return flow(fields, theme, width, height);
}

function standing(row: ContainerRow | undefined, state: State, {glyphs: {status}}: Theme): Field {
  const {memory_usage_bytes: usage, last_exit: last} = row ?? {};
  // Who has ended lately has a row too, without figures.
  if (row && last && usage === undefined)
    return {text: `${status.WARNING} no figures: its main process ended, ${endText(last)}`, token: 'status.warning'};
  if (row) return {text: `${status.OK} runs`, token: 'status.ok'};
  const why = whyNothing(state, 'growth', 'it has ended, or the last sample has the busier ones alone');
  return {text: `${status.WARNING} no figures: ${why}`, token: 'status.warning'};
}

function named({id, name, image, pod, namespace, pod_uid, runtime}: ContainerRef): Field[] {
  const fields: Field[] = [];
  const add = (label: string, text: string | undefined, token?: Field['token']) => {
    if (text !== undefined) fields.push({name: label, text, ...(token && {token})});
  };
  add('name', name, 'bold');
  add('image', image);
  add('pod', pod);
  add('namespace', namespace);
  add('runtime', runtime);
  add('id', id);
  add('pod uid', pod_uid);
  return fields;
}
