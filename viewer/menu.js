// A button with a menu: by pointer and by keyboard, as the ARIA Authoring Practices describe it.

/**
 * @typedef {object} Item
 * @property {string} label
 * @property {string} [detail] quietly behind the label
 * @property {boolean} [checked] for a choice of one among several
 * @property {() => void} act
 */

/** How near the edge of the window a menu may come, in pixels. */
const EDGE = 8;

export class Menu {
  /** @type {HTMLElement} */ #button;
  /** @type {HTMLElement} */ #list;
  /** @type {() => readonly Item[]} */ #items;

  /**
   * @param {HTMLElement} button
   * @param {HTMLElement} list empty, with the role of a menu
   * @param {() => readonly Item[]} items asked whenever the menu opens
   */
  constructor(button, list, items) {
    this.#button = button;
    this.#list = list;
    this.#items = items;
    button.addEventListener("click", () => (this.isOpen ? this.close() : this.open()));
    button.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowDown") return;
      event.preventDefault();
      this.open();
    });
    list.addEventListener("keydown", (event) => this.#key(event));
    list.addEventListener("focusout", (event) => {
      if (!list.contains(/** @type {Node | null} */ (event.relatedTarget))) this.#hide();
    });
    // Some browsers do not focus a button that is clicked, so that leaving by the pointer is looked at by itself.
    document.addEventListener("pointerdown", (event) => {
      const target = /** @type {Node} */ (event.target);
      if (!list.contains(target) && !button.contains(target)) this.#hide();
    });
    window.addEventListener("resize", () => this.#hide());
  }

  get isOpen() {
    return !this.#list.hidden;
  }

  open() {
    const items = this.#items();
    if (items.length === 0 || this.#button.getAttribute("aria-disabled") === "true") return;
    this.#list.replaceChildren(...items.map((item) => this.#entry(item)));
    this.#list.hidden = false;
    this.#button.setAttribute("aria-expanded", "true");
    this.#place();
    const checked = items.findIndex((item) => item.checked);
    this.#entries[Math.max(0, checked)]?.focus();
  }

  /** Closes it and goes back to where it was opened. */
  close() {
    if (!this.isOpen) return;
    this.#button.focus();
    this.#hide();
  }

  #hide() {
    this.#list.hidden = true;
    this.#button.setAttribute("aria-expanded", "false");
  }

  /** @param {Item} item */
  #entry(item) {
    const entry = document.createElement("li");
    entry.setAttribute("role", item.checked === undefined ? "menuitem" : "menuitemradio");
    if (item.checked !== undefined) entry.setAttribute("aria-checked", String(item.checked));
    entry.tabIndex = -1;
    const label = document.createElement("span");
    label.textContent = item.label;
    label.dir = "auto";
    entry.append(label);
    if (item.detail) {
      const detail = document.createElement("small");
      detail.textContent = item.detail;
      entry.append(" ", detail);
    }
    entry.addEventListener("click", () => {
      this.close();
      item.act();
    });
    return entry;
  }

  /** Below the button, and inside the window. */
  #place() {
    const { left, bottom } = this.#button.getBoundingClientRect();
    const most = window.innerWidth - this.#list.offsetWidth - EDGE;
    this.#list.style.left = `${Math.max(EDGE, Math.min(left, most))}px`;
    this.#list.style.top = `${bottom + 4}px`;
    this.#list.style.maxHeight = `${Math.max(120, window.innerHeight - bottom - 4 - EDGE)}px`;
  }

  get #entries() {
    return /** @type {HTMLElement[]} */ ([...this.#list.children]);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const entries = this.#entries;
    const at = entries.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    /** @type {Record<string, () => void>} */
    const keys = {
      ArrowDown: () => entries[(at + 1) % entries.length]?.focus(),
      ArrowUp: () => entries[(at - 1 + entries.length) % entries.length]?.focus(),
      Home: () => entries[0]?.focus(),
      End: () => entries.at(-1)?.focus(),
      Escape: () => this.close(),
      Tab: () => this.close(),
      Enter: () => entries[at]?.click(),
      " ": () => entries[at]?.click(),
    };
    const act = Object.hasOwn(keys, event.key) ? keys[event.key] : undefined;
    // No letter may reach the page's own keys from here.
    event.stopPropagation();
    if (!act) return;
    if (event.key !== "Tab") event.preventDefault();
    act();
  }
}
