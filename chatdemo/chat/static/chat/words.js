// Names in a sentence: as nodes, so that one that is written from right to left doesn't turn what is around it.

// "Ada", "Ada and Ben", "Ada, Ben and 3 more": at most so many of them.
export function listed(names, most = Infinity) {
  const shown = names.length > most ? names.slice(0, most - 1) : names;
  const rest = names.length - shown.length;
  const parts = [...shown.map(apart), ...(rest ? [`${rest} more`] : [])];
  return parts.flatMap((part, index) => [index === 0 ? "" : index === parts.length - 1 ? " and " : ", ", part]);
}

export function apart(name) {
  return Object.assign(document.createElement("bdi"), { textContent: name });
}
