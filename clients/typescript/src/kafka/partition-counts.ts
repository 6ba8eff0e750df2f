import type { ClusterMetadata } from '@platformatic/kafka';

/** A topic that has more partitions than when the group shared them out. */
export interface GrownTopic {
  topic: string;
  partitions: number;
}

/**
 * How many partitions the topics had when the group shared them out. Those that are added later are nobody's until it
 * does so again, and no broker says that it should.
 */
export class PartitionCounts {
  #counts = new Map<string, number>();

  /** The group shares out anew: the next look() is the one that later ones are compared with. */
  forget(): void {
    this.#counts = new Map();
  }

  /** The first topic that has grown, which is told once; null when none has. */
  look(metadata: Pick<ClusterMetadata, 'topics'>): GrownTopic | null {
    if (this.#counts.size === 0) {
      for (const [topic, { partitionsCount }] of metadata.topics) this.#counts.set(topic, partitionsCount);
      return null;
    }
    for (const [topic, { partitionsCount }] of metadata.topics) {
      if ((this.#counts.get(topic) ?? partitionsCount) >= partitionsCount) continue;
      this.forget();
      return { topic, partitions: partitionsCount };
    }
    return null;
  }
}
