// Wraps comments that are wider than a line: the paragraph with the long line is filled anew, what
// looks like a list, a tag, code or a drawing begins a paragraph of its own.

const COMMENT = /^(\s*)(\/\/|\*)( ?)(.*)$/;
const OWN_PARAGRAPH = /^(\s{2,}|[-*|+] |\d+\. |@|```)/;

function isParagraphStart(text) {
  return text.trim() === '' || OWN_PARAGRAPH.test(text);
}

function fill(first, words, width) {
  const lines = [];
  let line = '';
  for (const word of words) {
    if (line !== '' && first.length + line.length + 1 + word.length > width) {
      lines.push(first + line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, first + line];
}

/** The comment lines that continue the one at `from`. */
function paragraphEnd(lines, from, head) {
  let end = from + 1;
  while (end < lines.length) {
    const next = COMMENT.exec(lines[end]);
    if (!next || next[1] !== head[1] || next[2] !== head[2]) break;
    if (next[4].startsWith('/') || isParagraphStart(next[4])) break;
    end++;
  }
  return end;
}

export function reflow(text, width) {
  const lines = text.split('\n');
  const result = [];
  for (let at = 0; at < lines.length;) {
    const head = COMMENT.exec(lines[at]);
    const isPlain = head && !head[4].startsWith('/') && !/^\s{2,}|^$/.test(head[4]);
    const end = isPlain ? paragraphEnd(lines, at, head) : at + 1;
    const paragraph = lines.slice(at, end);
    if (isPlain && paragraph.some((line) => [...line].length > width)) {
      const words = paragraph.flatMap((line) => COMMENT.exec(line)[4].trim().split(/\s+/));
      result.push(...fill(`${head[1]}${head[2]} `, words, width));
    } else {
      result.push(...paragraph);
    }
    at = end;
  }
  return result.join('\n');
}
