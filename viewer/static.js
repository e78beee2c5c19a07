// Puts the texts that never change into the page. `index.html` only says which text belongs where, so that every word is
// in `words.js` and can be translated there.

/**
 * @param {ParentNode} root
 * @param {Readonly<Record<string, string>>} texts
 */
export function fillIn(root, texts) {
  const text = (/** @type {string | undefined} */ name) => {
    const found = name !== undefined && Object.hasOwn(texts, name) ? texts[name] : undefined;
    if (found === undefined) throw new Error(`no text ${name}`);
    return found;
  };
  for (const element of root.querySelectorAll("[data-text], [data-label], [data-tip], [data-hint]")) {
    const { dataset } = /** @type {HTMLElement} */ (element);
    if (dataset.text !== undefined) element.textContent = text(dataset.text);
    if (dataset.label !== undefined) element.setAttribute("aria-label", text(dataset.label));
    if (dataset.tip !== undefined) element.setAttribute("title", text(dataset.tip));
    if (dataset.hint !== undefined) element.setAttribute("placeholder", text(dataset.hint));
  }
}
