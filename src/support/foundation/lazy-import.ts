/**
 * Read code when it is first needed, and once: an `import()` of what is there already takes a millisecond each time.
 *
 * @param load reads it
 * @returns calls a function with what was read: on the spot once it is there
 */
export function lazyImport<T>(load: () => Promise<T>): <R>(use: (read: T) => R | Promise<R>) => R | Promise<R> {
  let loading: Promise<T> | undefined;
  let read: { readonly value: T } | undefined;
  return (use) => {
    if (read !== undefined) return use(read.value);
    loading ??= load().then((value) => {
      read = { value };
      return value;
    });
    return loading.then(use);
  };
}
