// The component that every language has; ../README.md says what it answers to which message.
import { sendMessage } from 'airssys:core/messaging@1.0.0';
import { log } from 'airssys:core/services@1.0.0';

const failed = (text) => ({ tag: 'failed', val: text });
const equals = (payload, text) => payload.length === text.length && startsWith(payload, text);
const startsWith = (payload, text) => {
  for (let i = 0; i < text.length; ++i) if (payload[i] !== text.charCodeAt(i)) return false;
  return true;
};

function eat() {
  for (const eaten = []; ; ) eaten.push(new Uint8Array(64 << 10).fill(1));
}

function forward(payload) {
  try {
    sendMessage('other', payload.slice(4));
  } catch (refusal) {
    throw failed(`not forwarded: ${JSON.stringify(refusal)}`);
  }
}

export const lifecycle = {
  init(config) {},
  // What is thrown is the error of the WIT; an Error object is a crash.
  handleMessage({ sender, payload }) {
    log('info', `${payload.length} bytes from ${sender}`, []);
    if (equals(payload, 'trap')) throw new Error('asked to crash');
    if (equals(payload, 'loop')) for (;;);
    if (equals(payload, 'eat')) eat();
    if (equals(payload, 'err')) throw failed('asked to fail');
    if (startsWith(payload, 'fwd:')) forward(payload);
    return payload.map((byte) => (byte >= 97 && byte <= 122 ? byte - 32 : byte));
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
