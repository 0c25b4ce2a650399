// Masks of a sensor as sets of cells: each cell has the number of one mask, or none. Maps are never changed: an edit makes
// a new one. A cell that is loaded has exactly one mask; an edit that would take it, or take a mask's last cell, is refused
// with the reason. A map that is drawn from nothing has loaded cells that wait for a mask, and says how many.

export const NONE = -1;

/** @typedef {{map: MaskMap, changed: number}} Edited */
/** @typedef {{refused: string}} Refused */

export class MaskMap {
  /**
   * @param {string[]} names of the masks, in the order of their numbers
   * @param {ArrayLike<number>} of the mask of each cell
   * @param {ArrayLike<number|boolean>} loaded which cells are loaded
   */
  constructor(names, of, loaded) {
    this.names = names;
    this.of = Int16Array.from(of);
    this.loaded = loaded;
  }

  /** Loaded cells, and how many of them have a mask. */
  get counts() {
    const all = this.of.reduce((sum, _, cell) => sum + (this.loaded[cell] ? 1 : 0), 0);
    return { all, masked: this.of.reduce((sum, mask, cell) => sum + (this.loaded[cell] && mask !== NONE ? 1 : 0), 0) };
  }

  get whole() {
    const { all, masked } = this.counts;
    return all === masked;
  }

  /** The cells of a mask. */
  cells(mask) {
    return [...this.of.keys()].filter((cell) => this.of[cell] === mask);
  }

  /** The masks that have a cell. */
  get used() {
    return this.names.map((_, mask) => mask).filter((mask) => this.of.includes(mask));
  }

  same(other) {
    return this.of.every((mask, cell) => mask === other.of[cell]) && this.names.join("|") === other.names.join("|");
  }

  /** A map with the masks of some cells changed. @returns {Edited | Refused} */
  given(cells, mask) {
    return this.changed(new Map([...cells].map((cell) => [cell, mask])));
  }

  /** A map with other masks of some cells, Map of cell to mask. @returns {Edited | Refused} */
  changed(masks) {
    const of = Int16Array.from(this.of);
    for (const [cell, mask] of masks) of[cell] = mask;
    const changes = [...masks.keys()].filter((cell) => of[cell] !== this.of[cell]);
    const bare = changes.filter((cell) => this.loaded[cell] && of[cell] === NONE).length;
    if (bare) return { refused: `Each loaded cell has one mask: ${many(bare, "loaded cell")} would have none.` };
    const emptied = this.used.find((mask) => !of.includes(mask));
    if (emptied !== undefined) {
      return { refused: `${this.title(emptied)} would have no cell left. To give all of it away, merge it (J).` };
    }
    return { map: new MaskMap(this.names, of, this.loaded), changed: changes.length };
  }

  /** A map in which one mask has the cells of another too, which has none left. @returns {Edited | Refused} */
  merged(into, from) {
    if (into === from) return { refused: "A mask is merged with another one." };
    const cells = this.cells(from);
    if (!cells.length) return { refused: `${this.title(from)} has no cell.` };
    const of = this.of.map((mask) => (mask === from ? into : mask));
    return { map: new MaskMap(this.names, of, this.loaded), changed: cells.length };
  }

  /** Number and name, as it is spoken of. */
  title(mask) {
    return `${mask + 1} ${this.names[mask]}`;
  }
}

export function many(count, word) {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}
