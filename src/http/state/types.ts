/** What the instances of a server share. */
export interface State {
  /**
   * Counts an event.
   * @param key of the counter
   * @param windowMs after which it begins anew
   * @returns how many there were within the window, this one included
   */
  hit(key: string, windowMs: number): Promise<number>;
}
