import * as z from 'zod';
import {findProbe} from '../../probes/catalog.ts';
import {note, probe} from '../fields.ts';
import type {OpenSession} from '../session.ts';
import type {Tool} from '../tool.ts';
import {watch} from '../watch.ts';

const input = z.strictObject({});

const output = z.object({
  note,
  probes: z.array(
    probe.extend({
      finds: z.string().optional(),
      events: z.array(z.string()).optional().describe('Types of the events that it makes'),
      warn_us: z.number().optional().describe('Longer is an event'),
      crit_us: z.number().optional(),
    }),
  ),
});

/** `probes`: what can be seen here. */
export function probesTool(open: OpenSession): Tool<typeof input.shape, typeof output.shape> {
  return {
    name: 'probes',
    title: 'What kstop can see here',
    description:
      'Attaches the probes that this server was started with, says of each how it is attached, what it finds and, where it isn’t, why not, ' +
      'and detaches them again. What no probe watches is unknown, not fine.',
    input,
    output,
    run: async (_, call) => {
      const request = {intervalS: 60, top: 1};
      const {state} = await watch({open, request, seconds: 60, enough: ({header}) => header !== undefined, call});
      const on = state.probes.filter((each) => each.state === 'attached' || each.state === 'degraded');
      return {
        headline: `${on.length} of ${state.probes.length} probes can be attached.`,
        content: {
          probes: state.probes.map((each) => {
            const {help, types} = findProbe(each.id) ?? {};
            return {...each, finds: help, events: types};
          }),
        },
      };
    },
  };
}
