type ExposureObserver = (value: string) => void;
let observeExposure: ExposureObserver = () => undefined;

/** The shell hears of every exposed value here, so that it can refuse to let one leave: wall 4. */
export const onExposure = (observer: ExposureObserver): void => {
  observeExposure = observer;
};

/** A secret's text. It shows itself to nothing but `expose()`: wall 2. */
export class SecretValue {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself. Call it on the line that spends it, and nowhere else. */
  expose(): string {
    observeExposure(this.#text);
    return this.#text;
  }

  /** Whether both hold the same text, without exposing either, in time that does not depend on where they differ. */
  equals(other: SecretValue): boolean {
    const left = this.#text;
    const right = other.#text;
    let difference = left.length ^ right.length;
    for (let index = 0; index < left.length; index += 1) {
      difference |= left.charCodeAt(index) ^ right.charCodeAt(index % Math.max(right.length, 1));
    }
    return difference === 0;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): never {
    throw new TypeError('A SecretValue must not be serialised.');
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[secret]';
  }
}
