/** A message of `media.text.transcribed.words`: what is read of it, and whatever else is in it. */
export interface Transcript {
  trace_id?: string;
  device_id: string;
  data: {
    /** word by word: words, or objects with the word and its times */
    words?: (string | { word?: unknown })[];
    /** the whole, where there is no list of words */
    text?: string;
    transcript?: string;
    [field: string]: unknown;
  };
  [field: string]: unknown;
}

/** Letters, digits, and marks within them: don't, x-ray. */
const WORD = /[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*/gu;

/** How often each word is in it, in small letters. Fails: Error for a message without words or text. Pure. */
export function countWords(data: Transcript['data']): Record<string, number> {
  // Without a prototype: "constructor" is a word, too.
  const counts: Record<string, number> = Object.create(null) as Record<string, number>;
  for (const text of textsOf(data)) {
    for (const [word] of text.matchAll(WORD)) {
      const key = word.toLowerCase();
      counts[key] = (counts[key] ?? 0) + 1;
    }
  }
  return counts;
}

function textsOf(data: Transcript['data']): string[] {
  if (Array.isArray(data.words)) {
    return data.words
      .map((word) => (typeof word === 'string' ? word : word?.word))
      .filter((word): word is string => typeof word === 'string');
  }
  const text = data.text ?? data.transcript;
  if (typeof text === 'string') return [text];
  throw new Error('there is neither data.words nor data.text in it');
}

/**
 * The message as it came, with `data.word_counts` added, and the trace of the transcript as `data.transcript_trace_id`,
 * so that the rows of both topics can be joined also where a later stage gives the message a trace of its own.
 * Fails: Error for a message that is no transcript. Pure.
 */
export function withWordCounts(transcript: Transcript): Transcript {
  if (typeof transcript?.device_id !== 'string' || typeof transcript.data !== 'object' || transcript.data === null) {
    throw new Error('there is no device_id or no data in it');
  }
  const data: Transcript['data'] = { ...transcript.data, word_counts: countWords(transcript.data) };
  if (transcript.trace_id !== undefined) data.transcript_trace_id = transcript.trace_id;
  return { ...transcript, data };
}
