import type {ContainerRef} from '../../types/stream.ts';

/** What the filter can ask of a row or an event. What is undefined is unknown: no term matches it. */
export interface FilterSubject {
  comm?: string;
  pid?: number;
  cpu?: number;
  type?: string;
  severity?: string;
  container?: string | ContainerRef;
  /** Path; `container:` asks for it too, whole or its last part. */
  cgroup?: string;
  /** All that a word or a regular expression is looked for in; a getter where it is dear. */
  readonly text?: string;
}

/** What is shown of events and lists. */
export interface Filter {
  /** As it was typed. */
  text: string;
  matches(subject: FilterSubject): boolean;
}
