import {isOfTask} from '../../native/events/lockup.ts';
import type {PageRow, PageRows} from '../../native/snapshot.ts';
import type {FocusPages, PageStack} from '../../types/stream.ts';
import type {CodeMap} from './maps.ts';

/** Stacks of a sample. */
const MOST = 50;
/** Functions of a stack that are told. */
const MAX_FRAMES = 32;
/** How the kernel comes from the tracepoint to the program that takes the stack. */
const TRACING = /^(bpf_|__bpf_|__traceiter_|trace_|perf_trace_)/;

interface KernelStack {
  number: number;
  frames: string[];
  /** False: an interrupt's, on top of whatever the process did. */
  own: boolean;
}

/** A row whose kernel stack has its names; several of the kernel's stacks may have the same. */
interface Sum {
  bytes: number;
  allocations: number;
  kernel: KernelStack;
  userId: bigint;
}

/** Gives names to the stacks by which pages were asked for. Each is looked up once: when it is first seen. */
export class PageStacks {
  private readonly addresses = {kernel: new Map<bigint, bigint[]>(), user: new Map<bigint, bigint[]>()};
  private readonly kernel = new Map<bigint, KernelStack>();
  private readonly byText = new Map<string, KernelStack>();
  private readonly user = new Map<bigint, string[]>();
  private rows: PageRows = {rows: [], lost: {allocations: 0, bytes: 0, stacks: 0}};
  private code: CodeMap | undefined;
  private isFresh = false;

  /** `readCode`: what program code the process has mapped now; undefined when it can't be read any more. */
  constructor(
    private readonly symbol: (address: bigint) => string,
    private readonly readCode: () => CodeMap | undefined,
  ) {
    this.code = readCode();
  }

  /** Keeps what a snapshot has, which is valid no longer than it: names are given later. */
  keep(now: PageRows): void {
    this.rows = now;
    const {kernel, user} = this.addresses;
    for (const row of now.rows) {
      if (!kernel.has(row.kernelId)) kernel.set(row.kernelId, row.kernel());
      if (!user.has(row.userId)) user.set(row.userId, row.user());
    }
  }

  /** Sums and the largest rows. What an interrupt asked for is nobody's, and left out. */
  told(): Omit<FocusPages, 'duration_ms'> {
    const {rows, lost} = this.rows;
    this.isFresh = false;
    const sums = new Map<string, Sum>();
    for (const row of rows) this.add(row, sums);
    const all = [...sums.values()];
    const total = (key: 'bytes' | 'allocations') => all.reduce((sum, each) => sum + each[key], lost[key]);
    const largest = all.sort((a, b) => b.bytes - a.bytes).slice(0, MOST);
    return {
      bytes: total('bytes'),
      allocations: total('allocations'),
      lost_bytes: lost.bytes,
      lost_allocations: lost.allocations,
      lost_stacks: lost.stacks,
      stacks: largest.map((sum) => this.stack(sum)),
    };
  }

  private add({bytes, allocations, kernelId, userId}: PageRow, sums: Map<string, Sum>): void {
    const kernel = this.kernelOf(kernelId);
    if (allocations === 0 || !kernel.own) return;
    const key = `${kernel.number} ${userId}`;
    const sum = sums.get(key);
    if (!sum) sums.set(key, {bytes, allocations, kernel, userId});
    else {
      sum.bytes += bytes;
      sum.allocations += allocations;
    }
  }

  private stack({bytes, allocations, kernel: {frames}, userId}: Sum): PageStack {
    const user = this.userOf(userId);
    return {bytes, allocations, ...(frames.length > 0 && {kernel: frames}), ...(user.length > 0 && {user})};
  }

  private kernelOf(id: bigint): KernelStack {
    const known = this.kernel.get(id);
    if (known) return known;
    const all = (this.addresses.kernel.get(id) ?? []).map(this.symbol);
    const isNamed = all.some((frame) => !frame.startsWith('0x'));
    const from = Math.max(
      0,
      all.findIndex((frame) => !TRACING.test(frame)),
    );
    const frames = all.slice(from, from + MAX_FRAMES);
    const text = frames.join('\n');
    const fresh = {number: this.byText.size, frames, own: !isNamed || isOfTask(all)};
    const stack = this.byText.get(text) ?? fresh;
    this.byText.set(text, stack);
    this.kernel.set(id, stack);
    return stack;
  }

  private userOf(id: bigint): string[] {
    let frames = this.user.get(id);
    if (!frames) {
      this.refresh();
      const addresses = this.addresses.user.get(id) ?? [];
      frames = addresses.map((address) => this.code?.name(address) ?? `0x${address.toString(16)}`);
      this.user.set(id, frames);
    }
    return frames;
  }

  /** Code may have been mapped since; once a sample is enough. A process that has ended keeps what it had. */
  private refresh(): void {
    if (this.isFresh) return;
    this.isFresh = true;
    this.code = this.readCode() ?? this.code;
  }
}
