import type {Source} from '../../types/frame.ts';
import type {State} from '../../types/state.ts';
import type {ContainerTarget, View} from '../panes/pane.ts';
import {isKnown} from '../panes/pid/its-events.ts';
import {PID_EVENTS} from '../panes/pid/list.ts';
import {CONTAINER_PROCESSES, containerView} from '../views/container.ts';
import {pidView} from '../views/pid.ts';

export {CONTAINER_PROCESSES, PID_EVENTS};

/** Processes and containers that one can go back to. */
const LONGEST = 20;

/** One of the two. */
interface Step {
  pid?: number;
  /** Its id. */
  container?: string;
  view: View;
}

/**
 * The processes and containers that were looked into one from another. The source looks into the last one alone, if it is a
 * process, and only while it is shown; what is shown of a container comes with every sample.
 */
export class Trail {
  private readonly steps: Step[] = [];

  constructor(private readonly source: Source) {}

  /** The view of the one that is looked into, if any is. */
  get view(): View | undefined {
    return this.steps.at(-1)?.view;
  }

  /** The process that is looked into, if one is. */
  get pid(): number | undefined {
    return this.steps.at(-1)?.pid;
  }

  /** Looks into a process; returns a sentence when nothing is known of it. */
  look(pid: number, state: State): string | undefined {
    const {controls} = this.source;
    const problem = controls?.focus(pid);
    if (!isKnown(pid, state)) {
      if (problem !== undefined) return problem;
      if (!controls) return `nothing in this recording speaks of process ${pid} until here`;
    }
    if (problem !== undefined) controls?.focus(undefined);
    if (this.steps.at(-1)?.pid === pid) this.steps.pop();
    this.push({pid, view: pidView({pid, replay: !controls, ...(problem !== undefined && {problem})})});
    return undefined;
  }

  /** Looks into a container. */
  lookAtContainer(target: ContainerTarget): void {
    const {id} = target.container;
    this.source.controls?.focus(undefined);
    if (this.steps.at(-1)?.container === id) this.steps.pop();
    this.push({container: id, view: containerView(target)});
  }

  private push(step: Step): void {
    this.steps.push(step);
    if (this.steps.length > LONGEST) this.steps.shift();
  }

  /** One back; from the first one to where it began. */
  back(): void {
    this.steps.pop();
    const step = this.steps.at(-1);
    // One that has ended meanwhile is shown as far as it is known.
    if (this.source.controls?.focus(step?.pid) !== undefined) this.source.controls?.focus(undefined);
  }

  /** Nobody looks any more. */
  leave(): void {
    if (this.steps.length === 0) return;
    this.steps.length = 0;
    this.source.controls?.focus(undefined);
  }
}
