/** Far deeper than any vendor nests, and far from what would exhaust a stack. */
const deepest = 64;

/**
 * JSON from outside; undefined for what is no JSON, or is nested more than 64 deep. A field named `__proto__` is a field
 * like any other here and changes no prototype; the parsers behind it take fields by name.
 */
export const parseJson = (text: string): unknown => {
  if (isTooDeep(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** Brackets within strings do not nest. */
const isTooDeep = (text: string): boolean => {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (inString) {
      if (character === '\\') index += 1;
      else if (character === '"') inString = false;
    } else if (character === '"') {
      inString = true;
    } else if (character === '{' || character === '[') {
      depth += 1;
      if (depth > deepest) return true;
    } else if (character === '}' || character === ']') {
      depth -= 1;
    }
  }
  return false;
};
