// Sign-ins whose challenges the pool's triggers make.

import { AuthenticationDetails } from 'amazon-cognito-identity-js';
import { begin, claimsOf, listen, next, refusalOf, userOf } from './stage.mjs';

const answer = (user, text, metadata) =>
  next((callbacks) => user.sendCustomChallengeAnswer(text, callbacks, metadata));

function beginWithoutPassword(user, { username, clientMetadata }) {
  user.setAuthenticationFlowType('CUSTOM_AUTH');
  const details = new AuthenticationDetails({ Username: username, ClientMetadata: clientMetadata });
  return next((callbacks) => user.initiateAuth(details, callbacks));
}

export async function passwordless(given) {
  const user = userOf(given);
  const first = await beginWithoutPassword(user, given);
  const second = await answer(user, 'red');
  const done = await answer(user, 'blue', { page: 'second' });
  return {
    asked: [first, second].map(({ name, told }) => [name, told[0].question]),
    private: [first, second].some(({ told }) => 'answer' in told[0]),
    ...claimsOf(done.told[0]),
  };
}

export async function refused(given) {
  const user = userOf(given);
  await beginWithoutPassword(user, given);
  await answer(user, 'red');
  return refusalOf(answer(user, 'green'));
}

export async function afterSrp(given) {
  const user = userOf(given);
  user.setAuthenticationFlowType('CUSTOM_AUTH');
  const heard = listen();
  const { name } = await begin(user, given);
  const done = await answer(user, 'blue');
  return { asked: name, operations: heard.operations, ...claimsOf(done.told[0]) };
}

export async function refusedBySrp(given) {
  const user = userOf(given);
  user.setAuthenticationFlowType('CUSTOM_AUTH');
  return refusalOf(begin(user, given));
}

// An answer is of a sign-in on the device whose key is at hand.
export async function onDevice(given) {
  const user = userOf(given);
  await beginWithoutPassword(user, given);
  const heard = listen();
  const first = await answer(user, 'blue');
  const key = user.deviceKey;
  const confirmed = heard.operations.includes('ConfirmDevice');
  user.setAuthenticationFlowType('CUSTOM_AUTH');
  const { name } = await begin(user, given);
  const again = await answer(user, 'blue');
  return { first: first.name, confirmed, asked: name, again: again.name, sameKey: user.deviceKey === key };
}
