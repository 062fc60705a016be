/** Set an own property, `__proto__` included. */
export function setOwn<T>(target: Record<string, T>, key: string, value: T): void {
  // To define a property takes many times as long as to set it.
  if (key === '__proto__')
    Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
  else target[key] = value;
}
