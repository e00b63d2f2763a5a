// The component that every language has; ../README.md says what it answers to which message.
import { sendMessage } from 'airssys:core/messaging@1.0.0';
import { log } from 'airssys:core/services@1.0.0';
import { get, set } from 'airssys:core/storage@1.0.0';

// Of a payload the first byte says that bytes follow, as they are: the code of the codec `raw`. Others this component does not know.
const RAW = 0x55;
const payloadOf = (content) => {
  const payload = new Uint8Array(content.length + 1);
  payload[0] = RAW;
  payload.set(content, 1);
  return payload;
};

const failed = (text) => ({ tag: 'failed', val: text });
const equals = (content, text) => content.length === text.length && startsWith(content, text);
const startsWith = (content, text) => {
  for (let i = 0; i < text.length; ++i) if (content[i] !== text.charCodeAt(i)) return false;
  return true;
};

function eat() {
  for (const eaten = []; ; ) eaten.push(new Uint8Array(64 << 10).fill(1));
}

function forward(content) {
  try {
    sendMessage('other', payloadOf(content.slice(4)));
  } catch (refusal) {
    throw failed(`not forwarded: ${JSON.stringify(refusal)}`);
  }
}

function stored(call) {
  try {
    return call();
  } catch (refusal) {
    throw failed(`not kept: ${JSON.stringify(refusal)}`);
  }
}

export const lifecycle = {
  init(config) {},
  // What is thrown is the error of the WIT; an Error object is a crash.
  handleMessage({ sender, payload }) {
    if (payload[0] !== RAW) throw { tag: 'invalid-message', val: 'not raw' };
    const content = payload.subarray(1);
    log('info', `${content.length} bytes from ${sender}`, []);
    if (equals(content, 'trap')) throw new Error('asked to crash');
    if (equals(content, 'loop')) for (;;);
    if (equals(content, 'eat')) eat();
    if (equals(content, 'err')) throw failed('asked to fail');
    if (equals(content, 'kept')) return payloadOf(stored(() => get('kept')) ?? []);
    if (startsWith(content, 'keep:')) stored(() => set('kept', content.slice(5)));
    if (startsWith(content, 'fwd:')) forward(content);
    return payloadOf(content.map((byte) => (byte >= 97 && byte <= 122 ? byte - 32 : byte)));
  },
  handleCallback(request, outcome) {},
  execute() {
    throw { tag: 'invalid-operation', val: 'no operations' };
  },
  metadata: () => ({
    name: '', version: '', description: 'Echoes in capitals', author: '', license: '', language: 'JavaScript',
    supportedOperations: [], supportedCodecs: [], requestedPermissions: [],
    memory: { min: 0, max: 0, preferred: 0 }, timeoutMs: undefined, stateful: false, apiVersion: '', homepage: '',
    repository: '', tags: [], custom: undefined,
  }),
  supportedCodecs: () => [],
  health: () => ({ status: 'healthy', reason: undefined }),
  shutdown() {},
};
