// Tokens of the pool before aws-jwt-verify, which derives the issuer from the pool's id.

import { CognitoJwtVerifier } from 'aws-jwt-verify';

function verifierOf({ poolId, clientId, tokenUse, jwks }) {
  const verifier = CognitoJwtVerifier.create({ userPoolId: poolId, clientId, tokenUse });
  // It would fetch the keys from AWS; these are the ones that the pool publishes.
  verifier.cacheJwks(jwks);
  return verifier;
}

// verifySync takes no other keys than those; verify would ask AWS for the ones that it does not know.
export const verify = (given) => verifierOf(given).verifySync(given.token);

export function refused(given) {
  const verifier = verifierOf(given);
  return given.tokens.map((token) => {
    try {
      verifier.verifySync(token);
    } catch (error) {
      return error.constructor.name;
    }
    throw new Error('This should have been refused.');
  });
}
