import {readFileSync} from 'node:fs';
import {Ajv2020} from 'ajv/dist/2020.js';

type Schema = {[key: string]: unknown};

/** Closes every object with named properties, so that a field that the published schema doesn't list is found. */
export function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const copy: Schema = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  return copy.type === 'object' && copy.properties && !('additionalProperties' in copy)
    ? {...copy, additionalProperties: false}
    : copy;
}

const document = JSON.parse(readFileSync(new URL('../../docs/stream.schema.json', import.meta.url), 'utf8')) as Schema;
const {$defs, ...rest} = closed(document) as {$defs: Record<string, Schema>};
const ajv = new Ajv2020({strict: false, allErrors: true});
const checks = new Map(
  Object.keys($defs).map((name) => [name, ajv.compile({...rest, oneOf: undefined, $defs, $ref: `#/$defs/${name}`})]),
);

/** Every kind but `event`, and every event type, of the published schema. */
export const published: readonly string[] = Object.keys($defs);

/** Fields that the published schema wants of an event type. */
export const required = (type: string): string[] => ($defs[type]?.required ?? []) as string[];

/** What is wrong with one object of the stream by the published schema, closed; empty when nothing is. */
export function schemaErrors(object: {kind: string; type?: string}): string[] {
  const check = checks.get(object.kind === 'event' ? String(object.type) : object.kind);
  if (!check) return [`the schema knows no ${object.kind} ${object.type ?? ''}`];
  if (check(object)) return [];
  return (check.errors ?? []).map(
    ({instancePath, message, params}) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}
