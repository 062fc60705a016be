/** Compares effective schemas. */
import { EvidenceBase } from './diff-evidence.js';
import { allows, type Flat, flatten, show, showTypes, summary, textsOf } from './diff-flat.js';
import type { Model } from './diff-model.js';
import { pairRenamed } from './diff-rename.js';
import { child, type Place, type Sink, type Units } from './diff-units.js';
import { compareValueKeywords } from './diff-values.js';
import { compareWords } from './diff-words.js';
import { isObject, type Json, type JsonObject } from './document.js';

/** Returns the JSON Schema type of a value. */
function typeOf(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'number' && Number.isInteger(value) ? 'integer' : typeof value;
}

const objectOf = (value: Json | undefined): JsonObject => (isObject(value) ? (value as JsonObject) : {});

/** Compares the schemas of two descriptions. */
export class SchemaComparison {
  private readonly evidence: EvidenceBase;

  constructor(
    private readonly from: Model,
    private readonly to: Model,
    private readonly units: Units,
  ) {
    this.evidence = new EvidenceBase(from.version, to.version);
  }

  /**
   * Compares two schemas.
   *
   * @param a the old schema
   * @param b the new schema
   * @param place their location
   * @param sink receives the changes, and links to pairs of named schemas, whose changes are reported once
   */
  compare(a: JsonObject, b: JsonObject, place: Place, sink: Sink): void {
    let [x, y] = [flatten(this.from, a, false), flatten(this.to, b, false)];
    this.prose(x, y, place, sink);
    if (x.name !== undefined && y.name !== undefined) {
      this.nulls(x, y, place, sink);
      sink.link(this.unit(x.name, y.name), place);
      return;
    }
    const inner = { ...place, fact: y.name ?? x.name ?? place.fact, was: x.name ?? place.was };
    if (y.name !== undefined || x.name !== undefined) [x, y] = [flatten(this.from, a, true), flatten(this.to, b, true)];
    this.effective(x, y, inner, sink);
  }

  /**
   * Compares two named schemas, once.
   *
   * @param from the old name
   * @param to the new name
   * @returns the key of the pair
   */
  unit(from: string, to: string): string {
    return this.units.make(from, to, (sink) => {
      const [x, y] = [
        flatten(this.from, { $ref: `#/${from}` }, true, ''),
        flatten(this.to, { $ref: `#/${to}` }, true, ''),
      ];
      const place = { where: '', fact: to, was: from };
      this.prose(x, y, place, sink);
      this.effective(x, y, place, sink, [from, to]);
    });
  }

  private effective(x: Flat, y: Flat, place: Place, sink: Sink, names: readonly string[] = []): void {
    this.nulls(x, y, place, sink);
    if (!this.types(x, y, place, sink)) return;
    compareValueKeywords(x, y, place, sink);
    this.properties(x, y, place, sink, names);
    this.contents(x.keywords, y.keywords, place, sink);
  }

  private prose(x: Flat, y: Flat, place: Place, sink: Sink): void {
    const options = { lists: false, base: this.evidence };
    for (const found of compareWords(x.keywords, y.keywords, place, options)) sink.note(found);
  }

  /** Compares nullability, as the schema states it or as `x-nullable` suggests it. */
  private nulls(x: Flat, y: Flat, place: Place, sink: Sink): void {
    const { where: at } = place;
    // A schema without types allows null.
    const isAnything = ({ name, types }: Flat): boolean => name === undefined && types.length === 0;
    if (isAnything(x) || isAnything(y)) return;
    const [was, is] = [x, y].map(({ nullable, hint }) => nullable || hint === true) as [boolean, boolean];
    if (was === is) {
      if (!was && x.hint !== y.hint && this.from.hints && this.to.hints) {
        sink.note({ rule: 'mark-changed', at, message: `x-nullable was ${show(x.hint)}, is ${show(y.hint)}` });
      }
      return;
    }
    const sendsNull = this.evidence.nullable(place);
    if (x.nullable || y.nullable) {
      const message = is ? 'may be null' : 'is not null any more';
      const evidence =
        is && sendsNull ? ({ effect: 'refutes', text: 'daemons can already send null' } as const) : undefined;
      sink.note({ rule: is ? 'nullable-added' : 'nullable-removed', at, message, ...(evidence && { evidence }) });
      return;
    }
    const known = sendsNull === undefined ? 'no facts about null' : `daemons ${sendsNull ? 'can' : 'never'} send null`;
    sink.note({ rule: 'null-hint', at, message: `x-nullable was ${show(x.hint)}, is ${show(y.hint)}; ${known}` });
  }

  /** Compares types. Returns whether they are equal, so that the other keywords are comparable. */
  private types(x: Flat, y: Flat, place: Place, sink: Sink): boolean {
    const [less, more] = [allows(x.types, y.types), allows(y.types, x.types)];
    if (less && more) return true;
    const message = `type was ${showTypes(x.types)}, is ${showTypes(y.types)}`;
    const shown = x.keywords.example ?? place.example;
    const evidence = this.evidence.type(place, x.types, y.types, shown === undefined ? undefined : typeOf(shown));
    const rule = more ? 'type-widened' : less ? 'type-narrowed' : 'type-changed';
    sink.note({ rule, at: place.where, message, ...(evidence && { evidence }) });
    return false;
  }

  /** Finds the named schema that declares a property on both sides, or on one side if the other side includes it too. */
  private sharedPart(x: Flat, y: Flat, property: string, [from, to]: readonly string[]): string | undefined {
    const [old, now] = [x.origins.get(property), y.origins.get(property)];
    const part = old ?? now ?? '';
    if (part === '' || (from === part && to === part)) return undefined;
    const same = (old ?? part) === part && (now ?? part) === part;
    return same && x.parts.has(part) && y.parts.has(part) ? part : undefined;
  }

  private properties(x: Flat, y: Flat, place: Place, sink: Sink, names: readonly string[]): void {
    const [old, now] = [objectOf(x.keywords.properties), objectOf(y.keywords.properties)];
    const [needed, needs] = [x, y].map(({ keywords }) => new Set([keywords.required ?? []].flat())) as [
      Set<Json>,
      Set<Json>,
    ];
    const gone: string[] = [];
    const fresh: string[] = [];
    for (const name of new Set([...Object.keys(old), ...Object.keys(now)])) {
      const part = this.sharedPart(x, y, name, names);
      if (part !== undefined) {
        sink.link(this.unit(part, part), child(place, name), name);
        continue;
      }
      const [a, b] = [old[name], now[name]];
      if (a === undefined) fresh.push(name);
      else if (b === undefined) gone.push(name);
      else {
        const example = objectOf(x.keywords.example)[name];
        const inner = child(place, name, example);
        this.necessity(needed.has(name), needs.has(name), inner, sink);
        this.compare(a as JsonObject, b as JsonObject, inner, sink);
      }
    }
    const describe = (model: Model, schema: Json | undefined) => ({
      name: flatten(model, objectOf(schema), false).name,
      summary: summary(model, objectOf(schema)),
    });
    const renamed = pairRenamed(
      gone.map((name) => ({ ...describe(this.from, old[name]), key: name })),
      fresh.map((name) => ({ ...describe(this.to, now[name]), key: name })),
    );
    for (const name of gone.filter((each) => !renamed.has(each))) {
      const inner = child(place, name);
      const evidence = this.evidence.removed(inner);
      const message = 'property is gone';
      sink.note({ rule: 'property-removed', at: inner.where, message, ...(evidence && { evidence }) });
    }
    const successors = new Set(renamed.values());
    for (const [before, after] of renamed) {
      const [past, present] = [child(place, before), child(place, after)];
      const evidence = this.evidence.renamed(past, present);
      const texts = textsOf(objectOf(old[before]), objectOf(now[after]));
      const message = `is called ${after} now`;
      sink.note({ rule: 'property-renamed', at: past.where, message, texts, ...(evidence && { evidence }) });
    }
    for (const name of fresh.filter((each) => !successors.has(each))) {
      const schema = objectOf(now[name]);
      const rule = needs.has(name) ? 'property-added-required' : 'property-added';
      const texts = textsOf(undefined, flatten(this.to, schema, true).keywords);
      const message = `new ${needs.has(name) ? 'required ' : ''}property: ${summary(this.to, schema)}`;
      sink.note({ rule, at: child(place, name).where, message, texts });
    }
  }

  private necessity(was: boolean, is: boolean, place: Place, sink: Sink): void {
    if (was === is) return;
    const evidence = this.evidence.necessity(place, is);
    const rule = is ? 'property-made-required' : 'property-made-optional';
    const message = is ? 'is required now' : 'is optional now';
    sink.note({ rule, at: place.where, message, ...(evidence && { evidence }) });
  }

  private contents(x: JsonObject, y: JsonObject, place: Place, sink: Sink): void {
    const { where: at } = place;
    if (isObject(x.items) || isObject(y.items)) {
      const [example] = Array.isArray(x.example) ? x.example : [];
      this.compare(objectOf(x.items), objectOf(y.items), { ...place, where: `${at}[]`, example }, sink);
    }
    const [a, b] = [x.additionalProperties, y.additionalProperties];
    if (a === false && b !== false) sink.note({ rule: 'unknown-allowed', at, message: 'other properties are allowed' });
    else if (a !== false && b === false)
      sink.note({ rule: 'unknown-refused', at, message: 'other properties are not allowed any more' });
    else if (isObject(a) || isObject(b)) {
      const evidence = isObject(b) ? undefined : this.evidence.fixedMembers(place, Object.keys(objectOf(y.properties)));
      const refuted: Sink = evidence ? { ...sink, note: (found) => sink.note({ ...found, evidence }) } : sink;
      this.compare(objectOf(a), objectOf(b), { ...place, where: `${at}.*` }, refuted);
    }
  }
}
