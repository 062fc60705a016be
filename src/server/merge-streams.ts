/**
 * What several sources give, as it comes; a source is asked for more when what it gave was taken.
 *
 * @param sources may go on coming
 */
export async function* merge<T>(sources: AsyncIterable<AsyncIterable<T>>): AsyncGenerator<T> {
  const ready: { readonly value: T; readonly taken: () => void }[] = [];
  let living = 0;
  let failure: { readonly error: unknown } | undefined;
  let over = false;
  let wake = (): void => undefined;
  const pump = async (source: AsyncIterable<T>): Promise<void> => {
    for await (const value of source) {
      if (over) return;
      await new Promise<void>((taken) => {
        ready.push({ value, taken });
        wake();
      });
    }
  };
  const follow = (act: () => Promise<void>): void => {
    living++;
    const ended = (error?: { readonly error: unknown }): void => {
      failure ??= error;
      living--;
      wake();
    };
    act().then(
      () => ended(),
      (error: unknown) => ended({ error }),
    );
  };
  follow(async () => {
    for await (const source of sources) follow(() => pump(source));
  });
  try {
    for (;;) {
      const next = ready.shift();
      if (next !== undefined) {
        yield next.value;
        next.taken();
      } else if (failure !== undefined) throw failure.error;
      else if (living === 0) return;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  } finally {
    over = true;
    for (const { taken } of ready) taken();
  }
}
