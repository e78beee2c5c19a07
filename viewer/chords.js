// Keys that a browser or this computer keeps for itself, sent to the other one from a menu: `sendCombination` of the
// sender plays one.

/**
 * @typedef {{ codes: readonly string[], label: import("./words.js").ChordName }} Chord
 */

/** In the order of the menu. `KeyboardEvent.code`, in the order in which they go down. @type {readonly Chord[]} */
export const CHORDS = [
  { label: "escape", codes: ["Escape"] },
  { label: "switchWindow", codes: ["AltLeft", "Tab"] },
  { label: "closeWindow", codes: ["AltLeft", "F4"] },
  { label: "closeTab", codes: ["ControlLeft", "KeyW"] },
  { label: "newTab", codes: ["ControlLeft", "KeyT"] },
  { label: "system", codes: ["MetaLeft"] },
  { label: "contextMenu", codes: ["ContextMenu"] },
  { label: "fullScreen", codes: ["F11"] },
  { label: "terminal", codes: ["ControlLeft", "AltLeft", "KeyT"] },
  // These two stay here when they are pressed, since what they do to letters and digits comes over with those.
  { label: "capsLock", codes: ["CapsLock"] },
  { label: "numLock", codes: ["NumLock"] },
  { label: "secure", codes: ["ControlLeft", "AltLeft", "Delete"] },
];
