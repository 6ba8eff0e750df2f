import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import { kPerformWithRetry } from '@platformatic/kafka';

import { defaultConfig } from '../src/config/consumer-config.js';
import { translate } from '../src/config/translation.js';
import { GroupMember, type GroupMemberEvents } from '../src/kafka/group-member.js';
import { GroupSession } from '../src/kafka/group-session.js';
import { MemberClient } from '../src/kafka/member-client.js';

function client(): MemberClient {
  return new MemberClient({ clientId: 'c', groupId: 'g', bootstrapBrokers: ['127.0.0.1:1'] });
}

/** What the library's request to join comes to. */
async function joining(by: MemberClient): Promise<string> {
  return new Promise((resolve, reject) => {
    const work = by[kPerformWithRetry](
      'joinGroup',
      (done) => done(null, 'joined'),
      (error, value) => resolve(error ? error.message : String(value)),
    );
    Promise.resolve(work).catch(reject);
  });
}

test('a member joins when its owner has let go', async () => {
  const member = client();
  const order: string[] = [];
  member.beforeJoin = async () => {
    await Promise.resolve();
    order.push('let go');
  };
  order.push(await joining(member));
  assert.deepEqual(order, ['let go', 'joined']);
});

test('a member does not join when its owner could not let go, and says why', async () => {
  const member = client();
  member.beforeJoin = () => Promise.reject(new Error('it hangs'));
  assert.equal(await joining(member), 'it hangs');
});

test('a member that leaves does not join', async () => {
  const member = client();
  member.beforeJoin = async () => {
    member.closing = true;
  };
  assert.equal(await joining(member), 'left the group');
});

/** A session whose group assigns it `t[0]`, of which nothing was ever committed; and what it logged. */
function assigned(context: TestContext, autoOffsetReset: string): { session: GroupSession; lines: string[] } {
  const broker = {
    listCommittedOffsets: async () => new Map(),
    listOffsets: async () => new Map([['t', [5n]]]),
  } as unknown as MemberClient;
  context.mock.method(GroupMember.prototype, 'join', function (this: { events: GroupMemberEvents }) {
    this.events.assigned(broker, [{ topic: 't', partitions: [0] }]);
  });
  const lines: string[] = [];
  const tell = (text: string): void => void lines.push(text);
  const config = { ...defaultConfig('s'), autoOffsetReset };
  const library = { clientId: 's', bootstrapBrokers: ['127.0.0.1:1'], requestTimeout: 1_000 };
  const session = new GroupSession({ config, settings: translate(config), topics: ['t'], library }, () => true, {
    info: tell,
    warn: tell,
    error: tell,
  });
  return { session, lines };
}

test('a member says that it has joined, and with what', async (context) => {
  const { session, lines } = assigned(context, 'earliest');
  session.join();
  await session.joined();
  assert.equal(lines.length, 1);
  assert.match(lines[0]!, /s: joined s with t\[0\], messages a turn: 100/);
});

test('a member that knows no place to begin says so, and not that it has joined', async (context) => {
  const { session, lines } = assigned(context, 'none');
  session.join();
  await session.joined();
  assert.deepEqual(lines, []);
  await assert.rejects(session.take(0), /no usable offset in t\[0\]/);
});
