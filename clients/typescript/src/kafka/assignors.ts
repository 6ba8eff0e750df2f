/** A topic's partitions, as a group's leader gives them to a member. */
export interface TopicPartitions {
  topic: string;
  partitions: number[];
}

/** What is known of a member of the group. */
export interface MemberSubscription {
  memberId: string;
  topics: string[];
}

/** Who gets what: by member. */
export type Shares = Map<string, TopicPartitions[]>;

/** @param partitionsOf how many partitions a topic has; 0 for one that is not there */
export type Assignor = (members: MemberSubscription[], partitionsOf: (topic: string) => number) => Shares;

/** By member's id, so that every leader comes to the same shares. */
function inOrder(members: MemberSubscription[]): MemberSubscription[] {
  return [...members].sort((a, b) => (a.memberId < b.memberId ? -1 : 1));
}

function topicsOf(members: MemberSubscription[]): string[] {
  return [...new Set(members.flatMap((member) => member.topics))].sort();
}

/** Of each topic a stretch of partitions for each member, as Kafka's RangeAssignor. */
export const range: Assignor = (members, partitionsOf) => {
  const shares: Shares = new Map(members.map((member) => [member.memberId, []]));
  for (const topic of topicsOf(members)) {
    const takers = inOrder(members.filter((member) => member.topics.includes(topic)));
    const count = partitionsOf(topic);
    const least = Math.floor(count / takers.length);
    const withOneMore = count % takers.length;
    let next = 0;
    for (const [index, taker] of takers.entries()) {
      const size = least + (index < withOneMore ? 1 : 0);
      if (size > 0) {
        const partitions = Array.from({ length: size }, (_unused, i) => next + i);
        shares.get(taker.memberId)!.push({ topic, partitions });
      }
      next += size;
    }
  }
  return shares;
};

/** Partition by partition to one member after the other, as Kafka's RoundRobinAssignor. */
export const roundRobin: Assignor = (members, partitionsOf) => {
  const shares: Shares = new Map(members.map((member) => [member.memberId, []]));
  const takers = inOrder(members);
  let turn = 0;
  for (const topic of topicsOf(members)) {
    for (let partition = 0; partition < partitionsOf(topic); partition += 1) {
      // There is one, or the topic would not be in the list.
      while (!takers[turn % takers.length]!.topics.includes(topic)) turn += 1;
      const share = shares.get(takers[turn % takers.length]!.memberId)!;
      const last = share.at(-1);
      if (last?.topic === topic) last.partitions.push(partition);
      else share.push({ topic, partitions: [partition] });
      turn += 1;
    }
  }
  return shares;
};

export const assignors: Record<'range' | 'roundrobin', Assignor> = { range, roundrobin: roundRobin };
