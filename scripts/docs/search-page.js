// In the browser: looks for all words of the field in the entries and lists what it finds: those with the words in the title
// first, and of equals operations.
globalThis.lookUp = (entries) => {
  const field = document.querySelector('#page-search');
  const list = document.querySelector('#page-found');
  const status = document.querySelector('#page-search-status');
  const form = field.closest('form');
  form.hidden = false;
  form.addEventListener('submit', (event) => event.preventDefault());
  field.addEventListener('input', () => {
    const wanted = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = entries
      .map(([title, target, words]) => ({
        title,
        target,
        head: title.toLowerCase(),
        all: `${title} ${words}`.toLowerCase(),
      }))
      .filter(({ all }) => wanted.length > 0 && wanted.every((word) => all.includes(word)))
      .map((entry) => ({
        ...entry,
        rank: wanted.filter((word) => entry.head.includes(word)).length + (/#operation-/.test(entry.target) ? 0.5 : 0),
      }))
      .sort((a, b) => b.rank - a.rank || a.title.length - b.title.length);
    list.replaceChildren(
      ...found.slice(0, 20).map(({ title, target }) => {
        const link = document.createElement('a');
        link.href = target;
        link.textContent = title;
        const item = document.createElement('li');
        item.append(link);
        return item;
      }),
    );
    status.textContent = wanted.length === 0 ? '' : `${found.length} found${found.length > 20 ? ', 20 shown' : ''}`;
  });
};
