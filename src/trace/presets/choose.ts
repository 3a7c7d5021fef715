import {existsSync} from 'node:fs';
import type {TraceType} from '../../types/trace.ts';
import type {Hook, Hooks} from '../hooks/hooks.ts';
import {isRefusal} from '../refusal.ts';
import type {Form, Need, Preset} from './preset.ts';

/** What there is here, as presets ask for it. */
export class Here {
  /** @param hasTypes whether the kernel tells of its types */
  constructor(
    private readonly hooks: Hooks,
    private readonly hasTypes: boolean = existsSync('/sys/kernel/btf/vmlinux'),
  ) {}

  has(type: TraceType, target: string): boolean {
    return this.hooks.has(type, target);
  }

  hasField(target: string, field: string): boolean {
    const found = this.hooks.find('tracepoint', target);
    return !isRefusal(found) && (found as Hook[])[0]!.fields.some(({name}) => name === field);
  }

  /** What a form lacks here, in words; undefined if nothing. */
  lacks({needs, types}: Form): string | undefined {
    for (const need of needs) {
      const lack = this.lacksHook(need);
      if (lack !== undefined) return lack;
    }
    return types && !this.hasTypes ? "the kernel's types (/sys/kernel/btf/vmlinux)" : undefined;
  }

  private lacksHook({type, target, fields = []}: Need): string | undefined {
    const missing = this.hooks.missing(type);
    if (missing) return `${type}:${target} (${missing.why})`;
    if (!this.has(type, target)) return `${type}:${target}`;
    const field = fields.find((name) => !this.hasField(target, name));
    return field === undefined ? undefined : `the field ${field} of ${type}:${target}`;
  }
}

export interface Chosen {
  form: Form;
  /** `type:target` of what it's called by. */
  hook: string;
}

/** The best form of a preset that runs here, or what the first one lacks. */
export function chooseForm(preset: Preset, here: Here): Chosen | {missing: string} {
  const form = preset.forms.find((each) => here.lacks(each) === undefined);
  if (!form) return {missing: [...new Set(preset.forms.map((each) => here.lacks(each)))].join(', ')};
  const [{type, target}] = form.needs;
  return {form, hook: `${type}:${target}`};
}
