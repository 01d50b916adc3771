/** What the library of certificates looks for on `Reflect` when it is loaded: notes on objects, by key. */
const notes = new WeakMap<object, Map<unknown, unknown>>();

Object.assign(Reflect, {
  defineMetadata(key: unknown, value: unknown, target: object): void {
    const known = notes.get(target) ?? new Map<unknown, unknown>();
    known.set(key, value);
    notes.set(target, known);
  },
  getMetadata: (key: unknown, target: object): unknown => notes.get(target)?.get(key),
  getOwnMetadata: (key: unknown, target: object): unknown => notes.get(target)?.get(key),
  metadata: () => () => undefined,
});
