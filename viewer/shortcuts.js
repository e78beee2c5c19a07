// Single keys for the tools of the page. They work where typing does not: with control granted and the focus on the
// picture, every key belongs to the other computer, and `input.js` lets none of them come this far.

/**
 * @param {Document} document
 * @param {Record<string, () => void>} actions by `KeyboardEvent.key`
 */
export function bindShortcuts(document, actions) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || event.isComposing) return;
    if (document.querySelector("dialog[open]") || isWriting(event.target)) return;
    const action = Object.hasOwn(actions, event.key) ? actions[event.key] : undefined;
    if (!action) return;
    event.preventDefault();
    action();
  });
}

/** @param {EventTarget | null} target */
function isWriting(target) {
  return target instanceof Element && target.closest("#chat, input, select") !== null;
}
