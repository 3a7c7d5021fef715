import {type Code, code} from '../../script/code.ts';
import type {Form, Parts, Preset, Writing} from '../preset.ts';

function parts({pageBytes}: Writing, order: Code): {does: Code[]} & Omit<Parts, 'blocks'> {
  const keys = [
    {name: 'pid', kind: 'number'},
    {name: 'process_name', kind: 'string'},
  ] as const;
  return {
    does: [code`@allocations[pid, comm] = count();`, code`@bytes[pid, comm] = sum((uint64)${pageBytes} << ${order});`],
    maps: [
      {name: '@bytes', title: 'bytes of pages by process', kind: 'sum', keys: [...keys], unit: 'bytes'},
      {name: '@allocations', title: 'allocations by process', kind: 'count', keys: [...keys], unit: 'allocations'},
    ],
  };
}

const NOTES = ['what is freed again is not taken off, and what interrupts allocate counts for whom they interrupt'];

const byEvent: Form = {
  needs: [{type: 'tracepoint', target: 'kmem:mm_page_alloc', fields: ['pfn', 'order']}],
  notes: NOTES,
  write(writing) {
    const {arg} = writing;
    const {does, ...rest} = parts(writing, arg('order'));
    // An allocation that failed has no page.
    const when = code`(int64)${arg('pfn')} != -1`;
    return {...rest, blocks: [{type: 'tracepoint', target: 'kmem:mm_page_alloc', when, does}]};
  },
};

/** By the function's names from 5.10 on, for kernels without the tracepoint. */
function byFunction(target: string): Form {
  return {
    needs: [{type: 'kprobe', target}],
    notes: [...NOTES, 'what fails counts too'],
    write(writing) {
      const {does, ...rest} = parts(writing, code`arg1`);
      return {...rest, blocks: [{type: 'kprobe', target, does}]};
    },
  };
}

const FUNCTIONS = ['__alloc_frozen_pages_noprof', '__alloc_pages_noprof', '__alloc_pages', '__alloc_pages_nodemask'];

export const pageAlloc: Preset = {
  name: 'page-alloc',
  help: 'pages that processes have the kernel allocate: how often and how many bytes',
  forPid: true,
  forms: [byEvent, ...FUNCTIONS.map(byFunction)],
  answers: [
    'tracepoint:kmem:mm_page_alloc',
    'kprobe:__alloc_pages*',
    'kprobe:__alloc_frozen_pages*',
    'kprobe:alloc_pages*',
  ],
};
