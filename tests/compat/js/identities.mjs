// AWS credentials for somebody who is signed in: the AWS SDK takes the id token to an identity pool.

import { fromCognitoIdentityPool } from '@aws-sdk/credential-providers';

import { asked, poolOf, signedIn } from './stage.mjs';

const credentialsOf = ({ identityPoolId, endpoint, poolId }, session) =>
  fromCognitoIdentityPool({
    identityPoolId,
    logins: { [`cognito-idp.us-east-1.amazonaws.com/${poolId}`]: session.getIdToken().getJwtToken() },
    clientConfig: { region: 'us-east-1', endpoint, maxAttempts: 1 },
  })();

export async function afterSignIn(given) {
  const user = await signedIn(given);
  return credentialsOf(given, user.getSignInUserSession());
}

export async function fromStorage(given) {
  const pool = poolOf(given);
  await signedIn(given, pool);
  const user = pool.getCurrentUser();
  return credentialsOf(given, await asked((done) => user.getSession(done)));
}

export async function afterRefresh(given) {
  const user = await signedIn(given);
  const session = user.getSignInUserSession();
  const before = await credentialsOf(given, session);
  const renewed = await asked((done) => user.refreshSession(session.getRefreshToken(), done));
  return { before, after: await credentialsOf(given, renewed) };
}

export async function asGuest(given) {
  const provider = fromCognitoIdentityPool({
    identityPoolId: given.identityPoolId,
    clientConfig: { region: 'us-east-1', endpoint: given.endpoint, maxAttempts: 1 },
  });
  const { name, message } = await provider().catch((error) => error);
  return { name, message };
}
