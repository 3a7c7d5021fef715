import type {State} from '../../../types/state.ts';
import type {FocusPages, PageStack} from '../../../types/stream.ts';
import {bytes, compact, count, percent, span} from '../../../util/format.ts';
import {visible} from '../../../util/sanitize.ts';
import {functionOf} from '../../../util/stack.ts';
import {figure, label} from '../columns.ts';
import type {ListPane} from '../pane.ts';

/** Its id: names the focus of the view. */
export const PID_PAGES = 'pid-pages';

/** The kernel's own ways to a page: whoever called them wanted it. */
const ALLOCATOR = new RegExp(
  `^_*(?:${[
    'alloc_(?:frozen_)?pages?',
    'get_(?:free_pages?|zeroed_page)',
    'page_cache_alloc',
    '(?:vma_|filemap_)?alloc_(?:anon_)?folio',
    'folio_(?:pre)?alloc',
    '(?:allocate|new)_slab|slab_alloc',
    'kmem_cache_alloc|k[mz]alloc|kvmalloc',
  ].join('|')})`,
);

interface Row {
  stack: PageStack;
  share: number | undefined;
  /** Functions, innermost first, without the allocator's. */
  chain: string[] | undefined;
}

/** Its functions by name, from the one that wanted the page. */
function chainOf({kernel}: PageStack): string[] | undefined {
  const names = kernel?.map(functionOf);
  const from = names?.findIndex((name) => !ALLOCATOR.test(name)) ?? -1;
  return from > 0 ? names?.slice(from) : names;
}

const NOTHING: readonly Row[] = [];
const made = new WeakMap<FocusPages, Row[]>();

function rowsOf(pages: FocusPages): Row[] {
  const known = made.get(pages);
  if (known) return known;
  const rows = pages.stacks.map((stack) => ({
    stack,
    share: pages.bytes > 0 ? (stack.bytes / pages.bytes) * 100 : undefined,
    chain: chainOf(stack),
  }));
  made.set(pages, rows);
  return rows;
}

const pagesOf = (pid: number, {focus}: State): FocusPages | undefined =>
  focus?.now.pid === pid ? focus.pages : undefined;

/** Where the pages of the process came from, when that was counted last. */
export function pageList(pid: number): ListPane<Row> {
  return {
    kind: 'list',
    id: PID_PAGES,
    subsystem: 'memory',
    title: 'Pages by stack',
    rows: (state) => {
      const pages = pagesOf(pid, state);
      return pages ? rowsOf(pages) : NOTHING;
    },
    key: ({stack: {kernel, user}}) => `${kernel?.join()} ${user?.join()}`,
    columns: [
      figure(['bytes', 'BYTES', 8, 0], ({stack}) => stack.bytes, bytes),
      figure(['share', 'SHARE', 6, 1], (row) => row.share, percent),
      figure(['allocations', 'TIMES', 7, 1], ({stack}) => stack.allocations, compact),
      label(['kernel', 'KERNEL STACK', 30, 0], ({chain}) => chain?.join('<-') ?? 'unknown', {grow: true}),
      label(['user', 'PROGRAM', 20, 2], ({stack}) => stack.user?.join('<-') ?? 'unknown', {grow: true}),
    ],
    sort: {column: 'bytes', descending: true},
    empty: (state) => why(state, pagesOf(pid, state)),
    note: (state) => remark(state, pagesOf(pid, state)),
  };
}

function why({sample, probes}: State, pages: FocusPages | undefined): string {
  if (pages) return pages.ended ? 'it was given no pages' : 'it has been given no pages until now';
  const probe = probes.find(({id}) => id === 'pages');
  if (probe?.state === 'unavailable') return `the pages probe is unavailable: ${visible(probe.reason ?? '')}`;
  if (probe?.state === 'attached') return sample ? 'they come with the next sample' : 'waiting for the first sample';
  return 'p counts for 10 s where its pages come from (in a replay: nobody did so far)';
}

/** How much there was, and what of it is not told. */
function remark({focus}: State, pages: FocusPages | undefined): string {
  if (!pages) return 'p: count for 10 s';
  const ended = pages.ended || focus?.now.ended;
  const parts = [
    `${bytes(pages.bytes)} in ${count(pages.allocations)} allocations, ${span(pages.duration_ms / 1000)}`,
    ended ? 'ended' : 'counting, p ends it',
  ];
  if (pages.reason !== undefined) parts.push(visible(pages.reason));
  if (pages.lost_allocations > 0) parts.push(`${bytes(pages.lost_bytes)} had no room by stack`);
  if (pages.lost_stacks > 0) parts.push(`${count(pages.lost_stacks)} stacks had no room`);
  return parts.join('; ');
}
