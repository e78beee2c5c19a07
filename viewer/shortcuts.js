// Single keys for the tools of the page. They work where typing does not: with control granted and the focus on the
// picture, every key belongs to the other computer, and `input.js` lets none of them come this far.

/** Whose control was taken back in the middle of a word has stopped typing it after so long without a key. */
const STILL_TYPING_MS = 1500;

/** Tells what was typed for the other computer, and came too late for it, from what is meant for this page. */
export class Aftermath {
  /** @type {number | null} when the last key of a sentence that was cut off went down */ #last = null;

  /**
   * Control came or went.
   * @param {number} now milliseconds of any clock
   * @param {boolean} controlled
   */
  control(now, controlled) {
    this.#last = controlled ? null : now;
  }

  /**
   * @param {number} now
   * @returns {boolean} whether the key that goes down now still belongs to that sentence
   */
  takes(now) {
    if (this.#last === null) return false;
    const takes = now - this.#last < STILL_TYPING_MS;
    this.#last = takes ? now : null;
    return takes;
  }
}

/**
 * @param {Document} document
 * @param {Aftermath} aftermath
 * @param {Record<string, () => void>} actions by `KeyboardEvent.key`
 */
export function bindShortcuts(document, aftermath, actions) {
  document.addEventListener("keydown", (event) => {
    if (!isWriting(event.target) && aftermath.takes(performance.now())) return;
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
  return target instanceof Element && target.closest("#chat, #files, input, select") !== null;
}
